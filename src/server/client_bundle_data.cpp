// `.incbin` makes the assembler copy a file into the program: a megabyte costs no compile time,
// which an array of the same size would. CMake passes the folder and the version.
#include "server/client_bundle_data.hpp"

#ifdef SOCKETIO_CLIENT_DIST

#include <array>

#ifdef __APPLE__
#define SOCKETIO_SECTION "__TEXT,__const"
#define SOCKETIO_SYMBOL(name) "_" #name
#else
#define SOCKETIO_SECTION ".rodata"
#define SOCKETIO_SYMBOL(name) #name
#endif

#define SOCKETIO_EMBED(symbol, file)                                                \
  __asm__(".section " SOCKETIO_SECTION "\n"                                       \
          ".globl " SOCKETIO_SYMBOL(symbol##_begin) "\n"                          \
          SOCKETIO_SYMBOL(symbol##_begin) ":\n"                                   \
          ".incbin \"" SOCKETIO_CLIENT_DIST "/" file "\"\n"                       \
          ".globl " SOCKETIO_SYMBOL(symbol##_end) "\n"                            \
          SOCKETIO_SYMBOL(symbol##_end) ":\n"                                     \
          ".byte 0\n"                                                             \
          ".text\n"); \
  extern "C" __attribute__((visibility("hidden"))) const char symbol##_begin[];     \
  extern "C" __attribute__((visibility("hidden"))) const char symbol##_end[]

SOCKETIO_EMBED(socketio_client_js, "socket.io.js");
SOCKETIO_EMBED(socketio_client_js_map, "socket.io.js.map");
SOCKETIO_EMBED(socketio_client_min, "socket.io.min.js");
SOCKETIO_EMBED(socketio_client_min_map, "socket.io.min.js.map");
SOCKETIO_EMBED(socketio_client_esm, "socket.io.esm.min.js");
SOCKETIO_EMBED(socketio_client_esm_map, "socket.io.esm.min.js.map");
SOCKETIO_EMBED(socketio_client_msgpack, "socket.io.msgpack.min.js");
SOCKETIO_EMBED(socketio_client_msgpack_map, "socket.io.msgpack.min.js.map");

namespace socketio::web {

std::span<const embedded_file> embedded_client_files() noexcept {
  static const std::array<embedded_file, 8> files = {{
      {"socket.io.js", {socketio_client_js_begin, socketio_client_js_end}},
      {"socket.io.js.map", {socketio_client_js_map_begin, socketio_client_js_map_end}},
      {"socket.io.min.js", {socketio_client_min_begin, socketio_client_min_end}},
      {"socket.io.min.js.map", {socketio_client_min_map_begin, socketio_client_min_map_end}},
      {"socket.io.esm.min.js", {socketio_client_esm_begin, socketio_client_esm_end}},
      {"socket.io.esm.min.js.map", {socketio_client_esm_map_begin, socketio_client_esm_map_end}},
      {"socket.io.msgpack.min.js", {socketio_client_msgpack_begin, socketio_client_msgpack_end}},
      {"socket.io.msgpack.min.js.map",
       {socketio_client_msgpack_map_begin, socketio_client_msgpack_map_end}},
  }};
  return files;
}

std::string_view embedded_client_version() noexcept { return SOCKETIO_CLIENT_VERSION; }

}  // namespace socketio::web

#else

namespace socketio::web {

std::span<const embedded_file> embedded_client_files() noexcept { return {}; }
std::string_view embedded_client_version() noexcept { return ""; }

}  // namespace socketio::web

#endif
