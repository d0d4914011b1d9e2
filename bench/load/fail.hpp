// A benchmark that met something unexpected has no result: it says what happened and ends.

#pragma once

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace load {

[[noreturn, gnu::format(printf, 1, 2)]] inline void fail(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  std::fputs("load: ", stderr);
  std::vfprintf(stderr, format, arguments);
  std::fputc('\n', stderr);
  va_end(arguments);
  std::exit(1);
}

}  // namespace load
