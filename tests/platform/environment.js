// A program of Emscripten's sees an environment of its own; the tests are told by it what to print.
Module['preRun'] = function () { Object.assign(ENV, process.env); };
