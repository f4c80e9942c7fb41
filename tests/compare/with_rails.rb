# Rails' change_column in a migration: with_rails.rb DATABASE CASE.
require "active_record"
ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: ARGV[0])
ActiveRecord::Migration.verbose = false
class Price < ActiveRecord::Migration[6.1]
  def up
    change_column :item, :price, :integer, null: false, default: 0
  end
end
ActiveRecord::Base.connection.transaction { Price.new.migrate(:up) } # as its Migrator does
