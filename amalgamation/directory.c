/* Directory: files and folders, the only part that asks the operating system for them. Paths are
** UTF-8. Two writings of the same few functions: POSIX and Windows.
**
** Only regular files are read: opening a FIFO or a terminal must neither hang nor take anything
** out of it. A file is read once, and what was read is what is checked and run. */

#ifdef _WIN32
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#else
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#endif
#include <stdlib.h>

#ifndef MIGRATE_MAX_FILE
#define MIGRATE_MAX_FILE 256000000 /* bytes of a file that is read; checked before it is */
#endif

enum { MIG_PATH_NONE, MIG_PATH_FILE, MIG_PATH_FOLDER, MIG_PATH_OTHER };

typedef struct mig_list {
  const char **z;
  int n, cap;
} mig_list;

static int mig_ends_with(const char *z, const char *tail) {
  size_t n = strlen(z), m = strlen(tail);
  return n > m && strcmp(z + n - m, tail) == 0;
}

/* Takes a name that ends in .sql. Hidden files are editors' leftovers. */
static void mig_list_take(mig_arena *a, mig_list *list, const char *name) {
  if (name[0] == '.' || !mig_ends_with(name, ".sql")) return;
  list->z = (const char **)mig_grow(a, (void *)list->z, list->n, &list->cap,
                                     sizeof(*list->z));
  name = mig_copy(a, name);
  if (!mig_failed(a)) list->z[list->n++] = name;
}

static void mig_not_regular(mig_arena *a, const char *path) {
  mig_fail(a, MIGRATE_FILE, "cannot read %s: it is not a regular file", path);
}

static void mig_too_large(mig_arena *a, const char *path) {
  mig_fail(a, MIGRATE_LIMIT, "cannot read %s: it is larger than %d bytes", path,
           (int)MIGRATE_MAX_FILE);
}

#ifdef _WIN32

static WCHAR *mig_wide(mig_arena *a, const char *path) {
  int n = MultiByteToWideChar(CP_UTF8, 0, path, -1, 0, 0);
  WCHAR *wide = (WCHAR *)mig_array(a, (size_t)n + 1, sizeof(WCHAR));
  if (wide) MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, n);
  return wide;
}

static void mig_os_fail(mig_arena *a, const char *verb, const char *path) {
  DWORD code = GetLastError();
  const char *why = 0;
  switch (code) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND: why = "there is no such file or folder"; break;
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION: why = "permission denied"; break;
    case ERROR_ALREADY_EXISTS: why = "there is a file of that name"; break;
    case ERROR_DISK_FULL: why = "the disk is full"; break;
    default: break;
  }
  if (why) {
    mig_fail(a, MIGRATE_FILE, "cannot %s %s: %s", verb, path, why);
  } else {
    mig_fail(a, MIGRATE_FILE, "cannot %s %s: system error %d", verb, path, (int)code);
  }
}

static int mig_path_kind(mig_arena *a, const char *path) {
  WCHAR *wide = mig_wide(a, path);
  DWORD attributes = wide ? GetFileAttributesW(wide) : INVALID_FILE_ATTRIBUTES;
  if (attributes == INVALID_FILE_ATTRIBUTES) return MIG_PATH_NONE;
  if (attributes & FILE_ATTRIBUTE_DIRECTORY) return MIG_PATH_FOLDER;
  return attributes & FILE_ATTRIBUTE_DEVICE ? MIG_PATH_OTHER : MIG_PATH_FILE;
}

static char *mig_read_handle(mig_arena *a, HANDLE file, const char *path, size_t *n) {
  LARGE_INTEGER size;
  char *z;
  DWORD got = 1;
  if (GetFileType(file) != FILE_TYPE_DISK || !GetFileSizeEx(file, &size)) {
    mig_not_regular(a, path);
    return 0;
  }
  if (size.QuadPart > MIGRATE_MAX_FILE) {
    mig_too_large(a, path);
    return 0;
  }
  z = (char *)mig_alloc(a, (size_t)size.QuadPart + 1);
  while (z && *n < (size_t)size.QuadPart && got) {
    if (!ReadFile(file, z + *n, (DWORD)((size_t)size.QuadPart - *n), &got, 0)) {
      mig_os_fail(a, "read", path);
      return 0;
    }
    *n += got;
  }
  return z;
}

/* The bytes of a regular file, a NUL behind them; NULL after a fault. */
static char *mig_file_read(mig_arena *a, const char *path, size_t *n) {
  WCHAR *wide = mig_wide(a, path);
  HANDLE file;
  char *z;
  *n = 0;
  if (!wide) return 0;
  file = CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, 0,
                     OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, 0);
  if (file == INVALID_HANDLE_VALUE) {
    mig_os_fail(a, "read", path);
    return 0;
  }
  z = mig_read_handle(a, file, path, n);
  CloseHandle(file);
  return z;
}

/* Writes a file that is not there yet: 1; 0: there is one, it stays as it is, or a fault. */
static int mig_file_new(mig_arena *a, const char *path, const char *z, size_t n) {
  WCHAR *wide = mig_wide(a, path);
  HANDLE file;
  DWORD put = 0;
  int ok;
  if (!wide) return 0;
  file = CreateFileW(wide, GENERIC_WRITE, 0, 0, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, 0);
  if (file == INVALID_HANDLE_VALUE) {
    if (GetLastError() != ERROR_FILE_EXISTS) mig_os_fail(a, "write", path);
    return 0;
  }
  ok = WriteFile(file, z, (DWORD)n, &put, 0) && put == (DWORD)n;
  if (!ok) mig_os_fail(a, "write", path);
  CloseHandle(file);
  if (!ok) DeleteFileW(wide);
  return ok;
}

/* Makes a folder: 1; 0: there is one, or a fault. */
static int mig_folder_new(mig_arena *a, const char *path) {
  WCHAR *wide = mig_wide(a, path);
  if (!wide) return 0;
  if (CreateDirectoryW(wide, 0)) return 1;
  if (mig_path_kind(a, path) != MIG_PATH_FOLDER) mig_os_fail(a, "make the folder", path);
  return 0;
}

static void mig_folder_read(mig_arena *a, const char *path, mig_list *list) {
  WCHAR *wide = mig_wide(a, mig_path_join(a, path, "*"));
  WIN32_FIND_DATAW entry;
  HANDLE find;
  char name[MAX_PATH * 3 + 1];
  if (!wide) return;
  find = FindFirstFileW(wide, &entry);
  if (find == INVALID_HANDLE_VALUE) {
    mig_os_fail(a, "list", path);
    return;
  }
  do {
    if (WideCharToMultiByte(CP_UTF8, 0, entry.cFileName, -1, name, (int)sizeof(name), 0, 0)) {
      mig_list_take(a, list, name);
    }
  } while (!mig_failed(a) && FindNextFileW(find, &entry));
  FindClose(find);
}

/* SQLite's function resolves no links here: paths stay as they are. */
static char *mig_full_path(mig_arena *a, const char *path) { return mig_copy(a, path); }

/* Whether a path is a link that leads out of the folder. Links need a privilege to make here, so
** all of them count. */
static int mig_leads_out(mig_arena *a, const char *folder, const char *path) {
  WCHAR *wide = mig_wide(a, path);
  DWORD attributes = wide ? GetFileAttributesW(wide) : INVALID_FILE_ATTRIBUTES;
  (void)folder;
  return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_REPARSE_POINT);
}

#else

/* The system's reasons in our own words: strerror() speaks the locale's language. */
static void mig_os_fail(mig_arena *a, const char *verb, const char *path) {
  int code = errno;
  const char *why = 0;
  switch (code) {
    case ENOENT: why = "there is no such file or folder"; break;
    case ENOTDIR: why = "a part of the path is not a folder"; break;
    case EACCES:
    case EPERM: why = "permission denied"; break;
    case EROFS: why = "the file system is read-only"; break;
    case ENOSPC: why = "the disk is full"; break;
    case ELOOP: why = "too many symbolic links"; break;
    case ENAMETOOLONG: why = "the name is too long"; break;
    case EISDIR: why = "it is a folder"; break;
    case EEXIST: why = "there is a file of that name"; break;
    case ENXIO: why = "it is not a regular file"; break;
    case EOVERFLOW: why = "it is too large"; break;
    default: break;
  }
  if (why) {
    mig_fail(a, MIGRATE_FILE, "cannot %s %s: %s", verb, path, why);
  } else {
    mig_fail(a, MIGRATE_FILE, "cannot %s %s: system error %d", verb, path, code);
  }
}

static int mig_path_kind(mig_arena *a, const char *path) {
  struct stat st;
  (void)a;
  if (stat(path, &st) != 0) return MIG_PATH_NONE;
  if (S_ISDIR(st.st_mode)) return MIG_PATH_FOLDER;
  return S_ISREG(st.st_mode) ? MIG_PATH_FILE : MIG_PATH_OTHER;
}

static char *mig_read_descriptor(mig_arena *a, int file, const char *path, size_t *n) {
  struct stat st;
  char *z;
  if (fstat(file, &st) != 0) {
    mig_os_fail(a, "read", path);
    return 0;
  }
  if (!S_ISREG(st.st_mode)) {
    mig_not_regular(a, path);
    return 0;
  }
  if (st.st_size > MIGRATE_MAX_FILE) {
    mig_too_large(a, path);
    return 0;
  }
  z = (char *)mig_alloc(a, (size_t)st.st_size + 1);
  while (z && *n < (size_t)st.st_size) {
    ssize_t got = read(file, z + *n, (size_t)st.st_size - *n);
    if (got == 0) break;
    if (got > 0) {
      *n += (size_t)got;
    } else if (errno != EINTR) {
      mig_os_fail(a, "read", path);
      return 0;
    }
  }
  return z;
}

/* The bytes of a regular file, a NUL behind them; NULL after a fault. */
static char *mig_file_read(mig_arena *a, const char *path, size_t *n) {
  int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY, file;
  char *z;
#ifdef O_CLOEXEC
  flags |= O_CLOEXEC;
#endif
  *n = 0;
  if (mig_failed(a)) return 0;
  do {
    file = open(path, flags);
  } while (file < 0 && errno == EINTR);
  if (file < 0) {
    mig_os_fail(a, "read", path);
    return 0;
  }
  z = mig_read_descriptor(a, file, path, n);
  close(file);
  return z;
}

static int mig_write_descriptor(int file, const char *z, size_t n) {
  while (n) {
    ssize_t put = write(file, z, n);
    if (put > 0) {
      z += put;
      n -= (size_t)put;
    } else if (put == 0 || errno != EINTR) {
      return 0;
    }
  }
  return 1;
}

/* Writes a file that is not there yet: 1; 0: there is one, it stays as it is, or a fault. */
static int mig_file_new(mig_arena *a, const char *path, const char *z, size_t n) {
  int flags = O_WRONLY | O_CREAT | O_EXCL, file, ok;
#ifdef O_CLOEXEC
  flags |= O_CLOEXEC;
#endif
  if (mig_failed(a)) return 0;
  file = open(path, flags, 0666);
  if (file < 0) {
    if (errno != EEXIST) mig_os_fail(a, "write", path);
    return 0;
  }
  ok = mig_write_descriptor(file, z, n);
  if (!ok) mig_os_fail(a, "write", path);
  if (close(file) != 0 && ok) { /* a file system may tell only now that it is full */
    mig_os_fail(a, "write", path);
    ok = 0;
  }
  if (!ok) unlink(path);
  return ok;
}

/* Makes a folder: 1; 0: there is one, or a fault. */
static int mig_folder_new(mig_arena *a, const char *path) {
  if (mig_failed(a)) return 0;
  if (mkdir(path, 0777) == 0) return 1;
  if (mig_path_kind(a, path) != MIG_PATH_FOLDER) mig_os_fail(a, "make the folder", path);
  return 0;
}

static void mig_folder_read(mig_arena *a, const char *path, mig_list *list) {
  struct dirent *entry;
  DIR *folder;
  if (mig_failed(a)) return;
  folder = opendir(path);
  if (!folder) {
    mig_os_fail(a, "list", path);
    return;
  }
  for (errno = 0; !mig_failed(a) && (entry = readdir(folder)) != 0; errno = 0) {
    mig_list_take(a, list, entry->d_name);
  }
  if (errno) mig_os_fail(a, "list", path);
  closedir(folder);
}

#define MIG_PATH_MAX 4096

/* Resolves links and dots as SQLite does it for a database's name: POSIX's own functions for it
** are hidden from strict C99. Before SQLite 3.39 only a link at the end is followed. */
static int mig_real_path(const char *path, char *z) {
  sqlite3_vfs *vfs = sqlite3_vfs_find("unix");
  if (!vfs) vfs = sqlite3_vfs_find(0);
  return vfs && (vfs->xFullPathname(vfs, path, MIG_PATH_MAX, z) & 0xff) == SQLITE_OK;
}

/* The absolute path; NULL after a fault. */
static char *mig_full_path(mig_arena *a, const char *path) {
  char z[MIG_PATH_MAX + 1];
  if (mig_real_path(path, z)) return mig_copy(a, z);
  mig_fail(a, MIGRATE_FILE, "cannot resolve the path %s", path);
  return 0;
}

/* Whether a path is a link that leads out of the folder, which is given as mig_full_path() has
** it. */
static int mig_leads_out(mig_arena *a, const char *folder, const char *path) {
  char z[MIG_PATH_MAX + 1];
  size_t n = strlen(folder);
  (void)a;
  while (n && folder[n - 1] == '/') n--;
  if (!mig_real_path(path, z) || strncmp(folder, z, n) != 0 || z[n] != '/') return 1;
  return strstr(z + n, "/../") != 0;
}

#endif

/* Orders names by their bytes: a merge sort from short runs to long ones. */
static void mig_list_sort(mig_arena *a, mig_list *list) {
  const char **from = list->z, **to, **swap;
  int width, i;
  to = (const char **)mig_array(a, (size_t)list->n, sizeof(*to));
  if (!to) return;
  for (width = 1; width < list->n; width *= 2) {
    for (i = 0; i < list->n; i += 2 * width) {
      int middle = i + width < list->n ? i + width : list->n;
      int end = middle + width < list->n ? middle + width : list->n;
      int left = i, right = middle, at;
      for (at = i; at < end; at++) {
        int take_left = right == end || (left < middle && strcmp(from[left], from[right]) <= 0);
        to[at] = take_left ? from[left++] : from[right++];
      }
    }
    swap = from;
    from = to;
    to = swap;
  }
  list->z = from;
}

/* The names of the *.sql directly in a folder, in order. */
static mig_list mig_folder_scripts(mig_arena *a, const char *path) {
  mig_list list;
  memset(&list, 0, sizeof(list));
  mig_folder_read(a, path, &list);
  mig_list_sort(a, &list);
  if (mig_failed(a)) list.n = 0;
  return list;
}
