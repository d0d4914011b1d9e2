// The files of the browser client as they lie in the program: bytes that the assembler took over
// from the npm package `socket.io-client` (see CMakeLists.txt). Empty when the library was built
// with SOCKETIO_CLIENT_BUNDLE=OFF.
#pragma once

#include <span>
#include <string_view>

namespace socketio::web {

struct embedded_file {
  std::string_view name;  // "socket.io.min.js"
  std::string_view bytes;
};
std::span<const embedded_file> embedded_client_files() noexcept;
std::string_view embedded_client_version() noexcept;  // "4.8.4"

}  // namespace socketio::web
