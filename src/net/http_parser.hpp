// Reads one HTTP/1.1 request from bytes (RFC 9112). The grammar is Beast's parser; on top of it
// stand the checks that protect from request smuggling and the exact limit of the head. Beast is
// included by the .cpp only.
//
// Bytes that were not consumed must be presented again, with more behind them. One parser reads one
// request. Tested by tests/unit/net/http_test.cpp.
#pragma once

#include "socketio/http.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace socketio::net {

class http_parser {
 public:
  enum class state : std::uint8_t {
    need_more,
    head,  // the head is complete; take_request(), then limit_body() and put() again if has_body()
    complete,  // the body is complete; take_body()
    failed,    // answer status() and text() and close
  };
  struct step {
    state what;
    std::size_t consumed;
  };

  explicit http_parser(std::size_t header_bytes_max);
  ~http_parser();
  http_parser(const http_parser&) = delete;
  http_parser& operator=(const http_parser&) = delete;

  step put(std::string_view bytes);

  // After state::head.
  void take_request(http_request& out);
  bool has_body() const noexcept;
  bool keep_alive() const noexcept;
  bool expects_continue() const noexcept;
  std::optional<std::uint64_t> content_length() const noexcept;

  void limit_body(std::size_t bytes_max);
  // After limit_body(): whether the body, as far as it is known, is over the limit; state::failed
  // follows.
  bool too_big() const noexcept { return too_big_; }
  std::string take_body();

  unsigned status() const noexcept { return status_; }
  std::string_view text() const noexcept { return text_; }

 private:
  struct beast;
  step fail(unsigned status, std::string text);
  step put_head(std::string_view bytes);
  step put_body(std::string_view bytes);
  bool acceptable();

  std::unique_ptr<beast> beast_;
  std::size_t head_bytes_max_;
  std::size_t head_bytes_ = 0;
  unsigned status_ = 0;
  bool too_big_ = false;
  std::string text_;
};

}  // namespace socketio::net
