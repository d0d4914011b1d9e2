// What this floor says to libcurl: handles, options and why something failed. The header of libcurl
// is only seen by .cpp files of this floor, so its handles are pointers to void here, as they are
// there.
#pragma once

#include "dial/failure.hpp"
#include "socketio/dial_options.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace socketio::dial {

// One transfer of libcurl ("easy handle"), with room for what it says about its failure.
class easy {
 public:
  easy();  // throws std::bad_alloc
  ~easy();
  easy(const easy&) = delete;
  easy& operator=(const easy&) = delete;
  void* handle() const noexcept { return handle_; }

  // The one place where dial_options become options of libcurl. What this libcurl cannot do is a
  // failure.
  std::optional<failure> apply(const dial_options& options);
  std::string_view error() const noexcept { return error_.data(); }
  void clear_error() noexcept { error_[0] = '\0'; }

 private:
  void* handle_;
  std::array<char, 256> error_{};
};

// Where a URL leads.
struct target {
  bool secure = false;
  std::string url;             // for libcurl: http or https
  std::string host;            // an IPv6 address in brackets
  std::string authority;       // for the header Host: without the port of the scheme
  std::string place;           // for people: "127.0.0.1:3000"
  std::string path;            // with the query
  std::string user, password;  // decoded
};
std::variant<target, failure> read_url(const std::string& url, bool websocket);

// Why a transfer ended, in our words. `code` is libcurl's, `socket_errno` its multi's.
failure why_it_failed(const easy& of, int code, const dial_options& options, const target& to,
                      int socket_errno);

// What libcurl says itself, in one line.
std::string words_of_libcurl(const easy& of, int code);

// Request headers for libcurl. A line end in one of them would be the beginning of another header.
using header_fields = std::vector<std::pair<std::string, std::string>>;
std::optional<failure> check_headers(const header_fields& fields);

// What is wrong with options before anybody connects with them.
std::optional<failure> check_options(const dial_options& options);

class header_list {
 public:
  header_list() = default;
  ~header_list();
  header_list(const header_list&) = delete;
  header_list& operator=(const header_list&) = delete;
  void add(const std::string& line);
  void add(const std::string& name, const std::string& value);
  void* handle() const noexcept { return list_; }

 private:
  void* list_ = nullptr;
};

}  // namespace socketio::dial
