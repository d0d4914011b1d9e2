#include "server/client_bundle.hpp"

#include "server/client_bundle_data.hpp"
#include "server/http_fields.hpp"
#include "wire/http_coding.hpp"

#include <array>
#include <cassert>
#include <mutex>
#include <string>

namespace socketio::web {
namespace {

std::string gzip(std::string_view bytes) {
  constexpr http_compression_options smallest{.threshold = 0, .level = 9, .mem_level = 9};
  return wire::http_coder(smallest).encode(wire::content_coding::gzip, bytes);
}

constexpr std::size_t files_max = 8;

// Made at the first request that takes it, as most servers are asked for one file of the eight.
const std::string& gzip_of(std::size_t index) {
  static std::array<std::once_flag, files_max> made;
  static std::array<std::string, files_max> compressed;
  std::call_once(made[index],
                 [index] { compressed[index] = gzip(embedded_client_files()[index].bytes); });
  return compressed[index];
}

std::string_view type_of(std::string_view file) noexcept {
  return file.ends_with(".map") ? "application/json; charset=utf-8"
                                : "application/javascript; charset=utf-8";
}

http_response serve(const http_request& request, std::size_t index) {
  const embedded_file& file = embedded_client_files()[index];
  const std::string etag = "\"" + std::string(embedded_client_version()) + "\"";
  http_response response;
  response.headers = {
      {"Cache-Control", "public, max-age=0"}, {"ETag", etag}, {"Vary", "Accept-Encoding"}};
  if (lists_etag(request.headers["If-None-Match"], etag)) {
    response.status = 304;
    return response;
  }
  response.headers.set("Content-Type", std::string(type_of(file.name)));
  if (accepts_gzip(request.headers["Accept-Encoding"])) {
    response.headers.set("Content-Encoding", "gzip");
    response.body = gzip_of(index);
  } else {
    response.body = file.bytes;
  }
  return response;
}

}  // namespace

std::optional<http_response> answer_client_bundle(const http_request& request,
                                                  std::string_view file) {
  const auto files = embedded_client_files();
  assert(files.size() <= files_max);
  for (std::size_t index = 0; index < files.size(); ++index) {
    if (files[index].name == file) return serve(request, index);
  }
  return std::nullopt;
}

}  // namespace socketio::web
