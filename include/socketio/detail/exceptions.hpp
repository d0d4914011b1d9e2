// Templates of the public headers are also compiled into programs without exceptions
// (-fno-exceptions), where the keywords are errors. The library itself is always built with them:
// there a constructor that would throw ends the program.
#pragma once

#include <exception>

#ifdef __cpp_exceptions
#define SOCKETIO_TRY try
#define SOCKETIO_CATCH_ALL catch (...)
#define SOCKETIO_THROW(what) throw what
#else
#define SOCKETIO_TRY if constexpr (true)
#define SOCKETIO_CATCH_ALL if constexpr (false)
#define SOCKETIO_THROW(what) std::terminate()
#endif
