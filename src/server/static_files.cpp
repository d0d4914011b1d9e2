#include "server/static_files.hpp"

#include "base/http_text.hpp"
#include "server/http_fields.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <utility>

namespace socketio::web {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<std::string_view, std::string_view>, 36> mime_types = {{
    {"avif", "image/avif"},
    {"bmp", "image/bmp"},
    {"css", "text/css; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"gif", "image/gif"},
    {"gz", "application/gzip"},
    {"htm", "text/html; charset=utf-8"},
    {"html", "text/html; charset=utf-8"},
    {"ico", "image/x-icon"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript; charset=utf-8"},
    {"json", "application/json; charset=utf-8"},
    {"m4a", "audio/mp4"},
    {"map", "application/json; charset=utf-8"},
    {"md", "text/markdown; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"ogg", "audio/ogg"},
    {"otf", "font/otf"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"svg", "image/svg+xml"},
    {"ttf", "font/ttf"},
    {"txt", "text/plain; charset=utf-8"},
    {"wasm", "application/wasm"},
    {"wav", "audio/wav"},
    {"webm", "video/webm"},
    {"webmanifest", "application/manifest+json; charset=utf-8"},
    {"webp", "image/webp"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xhtml", "application/xhtml+xml; charset=utf-8"},
    {"xml", "application/xml; charset=utf-8"},
    {"zip", "application/zip"},
}};

// One name between two slashes. A leading dot also covers "." and "..".
bool is_harmless(std::string_view name) noexcept {
  if (name.empty() || name.front() == '.') return false;
  return std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\' || c == ':';
  });
}

// The file that `path` names below `root`, or nothing if any part of it is not harmless. A trailing
// slash is allowed: it names a folder. A colon is refused for the sake of drives and streams.
std::optional<fs::path> file_below(const fs::path& root, std::string_view path) {
  fs::path file = root;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (!is_harmless(name)) return std::nullopt;
    file /= fs::path(std::u8string(name.begin(), name.end()));
  }
  return file;
}

// Does `file`, with every link followed, still lie in `root`?
bool stays_below(const fs::path& root, const fs::path& file) {
  const auto [end_of_root, rest] =
      std::mismatch(root.begin(), root.end(), file.begin(), file.end());
  return end_of_root == root.end();
}

http_response not_found() { return http_response::text(404, "not found\n"); }

// A page in a folder refers to its neighbours by relative links, so its address must end in a
// slash.
http_response redirect_to_folder(const http_request& request) {
  std::string location = request.target;
  location.insert(std::min(location.find('?'), location.size()), "/");
  http_response response = http_response::text(301, "moved to " + location + "\n");
  response.headers.set("Location", std::move(location));
  return response;
}

std::optional<std::string> read_part(const fs::path& file, byte_range part) {
  std::ifstream in(file, std::ios::binary);
  if (!in || !in.seekg(static_cast<std::streamoff>(part.first))) return std::nullopt;
  std::string bytes(static_cast<std::size_t>(part.length), '\0');
  if (!in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) return std::nullopt;
  return bytes;
}

struct file_facts {
  std::uint64_t size = 0;
  std::chrono::sys_seconds modified;
  std::string etag;  // strong: size and time of the last change, to the nanosecond
};

std::optional<file_facts> facts_of(const fs::path& file) {
  std::error_code error;
  file_facts facts;
  facts.size = fs::file_size(file, error);
  if (error) return std::nullopt;
  const fs::file_time_type changed = fs::last_write_time(file, error);
  if (error) return std::nullopt;
  using namespace std::chrono;
  facts.modified = floor<seconds>(file_clock::to_sys(changed));
  const auto ticks = static_cast<std::uint64_t>(changed.time_since_epoch().count());
  std::array<char, 40> text;
  const int length = std::snprintf(text.data(), text.size(), "\"%llx-%llx\"",
                                   static_cast<unsigned long long>(facts.size),
                                   static_cast<unsigned long long>(ticks));
  facts.etag.assign(text.data(), static_cast<std::size_t>(length));
  return facts;
}

// RFC 9110, section 13.2.2: If-None-Match wins over If-Modified-Since.
bool not_modified(const http_headers& asked, const file_facts& facts) {
  if (const auto tags = asked.find("If-None-Match")) return lists_etag(*tags, facts.etag);
  const auto since = parse_http_date(asked["If-Modified-Since"]);
  return since && facts.modified <= *since;
}

// If-Range: the range is meant only for this version of the file; the comparison is the strong one.
bool range_is_meant(const http_headers& asked, const file_facts& facts) {
  const auto condition = asked.find("If-Range");
  if (!condition) return true;
  if (condition->starts_with('"')) return *condition == facts.etag;
  const auto date = parse_http_date(*condition);
  return date && *date == facts.modified;
}

}  // namespace

std::string_view mime_type_of(std::string_view file_name) noexcept {
  const std::size_t dot = file_name.rfind('.');
  std::array<char, 12> lower{};
  std::string_view extension =
      dot == std::string_view::npos ? std::string_view() : file_name.substr(dot + 1);
  if (extension.size() <= lower.size()) {
    std::transform(extension.begin(), extension.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    extension = {lower.data(), extension.size()};
  }
  const auto* const found = std::lower_bound(
      mime_types.begin(), mime_types.end(), extension,
      [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
  if (found == mime_types.end() || found->first != extension) return "application/octet-stream";
  return found->second;
}

static_files::static_files(const fs::path& root, static_files_options options)
    : options_(std::move(options)) {
  std::error_code error;
  root_ = fs::canonical(root, error);
  if (error || !fs::is_directory(root_, error)) {
    throw std::invalid_argument("static files: not a folder: " + root.string());
  }
  if (options_.file_bytes_max == 0) {
    throw std::invalid_argument("static files: file_bytes_max is 0, it must be at least 1");
  }
}

http_response static_files::answer(const http_request& request, std::string_view path) const {
  if (request.method != "GET" && request.method != "HEAD") {
    http_response response = http_response::text(405, "method not allowed\n");
    response.headers.set("Allow", "GET, HEAD");
    return response;
  }
  const auto named = file_below(root_, path);
  if (!named) return not_found();
  std::error_code error;
  fs::path file = fs::canonical(*named, error);
  if (error || !stays_below(root_, file)) return not_found();

  if (fs::is_directory(file, error)) {
    if (options_.index.empty()) return not_found();
    if (!request.path.ends_with('/')) {
      // The slash leads nowhere if there is no page: say so at once.
      return fs::exists(file / options_.index, error) ? redirect_to_folder(request) : not_found();
    }
    file = fs::canonical(file / options_.index, error);
    if (error || !stays_below(root_, file)) return not_found();
  } else if (path.ends_with('/')) {
    return not_found();
  }
  // Only regular files: reading from a pipe or a device could block or never end.
  if (!fs::is_regular_file(file, error)) return not_found();
  return answer_file(request, file);
}

http_response static_files::answer_file(const http_request& request, const fs::path& file) const {
  const auto facts = facts_of(file);
  if (!facts) return not_found();

  http_response response;
  if (!options_.cache_control.empty()) {
    response.headers.set("Cache-Control", options_.cache_control);
  }
  response.headers.set("ETag", facts->etag);
  response.headers.set("Last-Modified", format_http_date(facts->modified));
  if (not_modified(request.headers, *facts)) {
    response.status = 304;
    return response;
  }

  response.headers.set("Accept-Ranges", "bytes");
  byte_range part{0, facts->size};
  range_kind kind = range_kind::whole;
  if (request.method == "GET" && range_is_meant(request.headers, *facts)) {
    kind = parse_range(request.headers["Range"], facts->size, part);
  }
  const std::string size = std::to_string(facts->size);
  if (kind == range_kind::unsatisfiable) {
    response.status = 416;
    response.headers.set("Content-Range", "bytes */" + size);
    return response;
  }
  if (kind == range_kind::partial) {
    // Less than what was asked for is allowed (RFC 9110, section 15.3.7); the client asks again.
    part.length = std::min<std::uint64_t>(part.length, options_.file_bytes_max);
    response.status = 206;
    response.headers.set("Content-Range", "bytes " + std::to_string(part.first) + "-" +
                                              std::to_string(part.first + part.length - 1) + "/" +
                                              size);
  } else if (facts->size > options_.file_bytes_max) {
    return http_response::text(500, "a file of " + size +
                                        " bytes can only be fetched in ranges of " +
                                        std::to_string(options_.file_bytes_max) + "\n");
  }

  auto bytes = read_part(file, part);
  if (!bytes) return not_found();  // gone, shortened or made unreadable since we looked
  response.body = std::move(*bytes);
  response.headers.set("Content-Type", std::string(mime_type_of(file.filename().string())));
  response.headers.set("X-Content-Type-Options", "nosniff");
  return response;
}

}  // namespace socketio::web
