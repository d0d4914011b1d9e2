// Answers requests with the files of one folder: index page, MIME types, conditional requests, one
// byte range. It never leaves the folder: what a path resolves to, symbolic links included, must
// lie below it; hidden files (a name that begins with a dot) do not exist for it.
//
// Files are read into memory, which is meant for pages and pictures. What is larger than
// `file_bytes_max` can be fetched in ranges only, each cut to that size.
//
// Constant after construction, hence callable from any thread. The only I/O on this floor.
// Tested by tests/unit/server/static_files_test.cpp.
#pragma once

#include "socketio/http.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace socketio::web {

struct static_files_options {
  std::string index = "index.html";                 // of folders; empty: folders have none
  std::string cache_control = "public, max-age=0";  // empty: no such header
  std::size_t file_bytes_max = 64 * 1024 * 1024;
};

class static_files {
 public:
  // Throws std::invalid_argument when `root` is not a folder or a limit is 0.
  explicit static_files(const std::filesystem::path& root, static_files_options options = {});

  // The answer for the file at `path`: decoded, '/' between names, relative to the folder ("" is
  // the folder itself, a leading '/' is not harmless). 404 when there is none. HEAD gets the same
  // answer as GET, with the body: whoever writes it leaves the body out, but needs its length.
  http_response answer(const http_request& request, std::string_view path) const;

 private:
  http_response answer_file(const http_request& request, const std::filesystem::path& file) const;

  std::filesystem::path root_;  // canonical
  static_files_options options_;
};

// By the extension of a file name; application/octet-stream when it is not known.
std::string_view mime_type_of(std::string_view file_name) noexcept;

}  // namespace socketio::web
