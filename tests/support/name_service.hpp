// For programs that put a getaddrinfo() of their own in front of the C library's, which libcurl
// then finds: the one behind it. Such a program is linked with the dl library.
#pragma once

#include <dlfcn.h>
#include <netdb.h>

namespace socketio::test {

inline int next_getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                            addrinfo** out) {
  static const auto next =
      reinterpret_cast<decltype(&::getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  return next(name, service, hints, out);
}

}  // namespace socketio::test
