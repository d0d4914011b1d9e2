// See http_parser.hpp.
#include "net/http_parser.hpp"

#include "base/url.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <utility>

namespace socketio::net {
namespace {

namespace http = boost::beast::http;

std::string_view to_view(boost::beast::string_view text) noexcept {
  return {text.data(), text.size()};
}

// A target in absolute form ("http://host/a?c") becomes one in origin form ("/a?c"), and its host
// counts instead of the header field (RFC 9112, section 3.2.2).
void to_origin_form(http_request& request) {
  const std::string& target = request.target;
  const auto scheme = target.find("://");
  if (scheme == target.npos || target.find_first_of("/?#*") < scheme) return;
  const auto begin = scheme + 3;
  const auto end = std::min(target.find_first_of("/?#", begin), target.size());
  const std::string host = target.substr(begin, end - begin);
  request.headers.set("Host", host.substr(host.rfind('@') + 1));
  request.target = (target[end] == '/' ? "" : "/") + target.substr(end);
}

std::string decoded_path(std::string_view target) {
  return percent_decode(target.substr(0, target.find_first_of("?#")));
}

std::string_view encoded_query(std::string_view target) noexcept {
  const auto mark = target.find('?');
  if (mark == target.npos) return {};
  target.remove_prefix(mark + 1);
  return target.substr(0, target.find('#'));
}

}  // namespace

struct http_parser::beast {
  http::request_parser<http::string_body> parser;
};

http_parser::http_parser(std::size_t header_bytes_max)
    : beast_(std::make_unique<beast>()), head_bytes_max_(header_bytes_max) {
  beast_->parser.eager(false);
  beast_->parser.header_limit(static_cast<std::uint32_t>(header_bytes_max));
  beast_->parser.body_limit(boost::none);  // limit_body() sets it
}

http_parser::~http_parser() = default;

http_parser::step http_parser::fail(unsigned status, std::string text) {
  status_ = status;
  text_ = std::move(text);
  return {state::failed, 0};
}

http_parser::step http_parser::put(std::string_view bytes) {
  return beast_->parser.is_header_done() ? put_body(bytes) : put_head(bytes);
}

// Beast counts the request line and the fields apart, so that the limit of the whole head is ours
// to keep.
http_parser::step http_parser::put_head(std::string_view bytes) {
  boost::beast::error_code error;
  const std::size_t consumed =
      beast_->parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  head_bytes_ += consumed;
  const bool done = beast_->parser.is_header_done();
  const bool over = done ? head_bytes_ > head_bytes_max_
                         : head_bytes_ + (bytes.size() - consumed) >= head_bytes_max_;
  if (error == http::error::header_limit || (over && (!error || error == http::error::need_more))) {
    return fail(431, "the head of the request is longer than " + std::to_string(head_bytes_max_) +
                         " bytes");
  }
  if (error == http::error::bad_version) {
    return fail(505, "the supported versions of HTTP are 1.0 and 1.1");
  }
  if (error && error != http::error::need_more) {
    return fail(400, "bad request: " + error.message());
  }
  if (!done) return {state::need_more, consumed};
  if (!acceptable()) return {state::failed, consumed};
  return {state::head, consumed};
}

// Where two readings of a message are possible, a proxy in front of us may have taken the other
// one: refuse.
bool http_parser::acceptable() {
  const auto& head = beast_->parser.get();
  const std::size_t lengths = head.count(http::field::content_length);
  const std::size_t encodings = head.count(http::field::transfer_encoding);
  const auto refuse = [this](unsigned status, const char* text) {
    fail(status, text);
    return false;
  };
  if (lengths > 1 ||
      head[http::field::content_length].find(',') != boost::beast::string_view::npos) {
    return refuse(400, "bad request: more than one content-length");
  }
  if (lengths > 0 && encodings > 0)
    return refuse(400, "bad request: both content-length and transfer-encoding");
  if (encodings > 0 && head.version() != 11)
    return refuse(400, "bad request: transfer-encoding in HTTP/1.0");
  if (encodings > 0 && !boost::beast::iequals(head[http::field::transfer_encoding], "chunked")) {
    return refuse(501, "the only supported transfer-encoding is chunked");
  }
  const std::size_t hosts = head.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && head.version() == 11))
    return refuse(400, "bad request: exactly one host is needed");
  return true;
}

void http_parser::take_request(http_request& out) {
  const auto& head = beast_->parser.get();
  out.method = to_view(head.method_string());
  out.target = to_view(head.target());
  out.version = head.version();
  for (const auto& field : head) {
    out.headers.add(std::string(to_view(field.name_string())), std::string(to_view(field.value())));
  }
  to_origin_form(out);
  out.path = decoded_path(out.target);
  out.query = http_query(encoded_query(out.target));
  http::token_list protocols(head[http::field::upgrade]);
  out.upgrade = beast_->parser.upgrade() && protocols.exists("websocket");
}

bool http_parser::has_body() const noexcept { return !beast_->parser.is_done(); }
bool http_parser::keep_alive() const noexcept { return beast_->parser.keep_alive(); }

bool http_parser::expects_continue() const noexcept {
  const auto& head = beast_->parser.get();
  return head.version() == 11 && boost::beast::iequals(head[http::field::expect], "100-continue");
}

std::optional<std::uint64_t> http_parser::content_length() const noexcept {
  const auto length = beast_->parser.content_length();
  return length ? std::optional<std::uint64_t>(*length) : std::nullopt;
}

void http_parser::limit_body(std::size_t bytes_max) {
  beast_->parser.body_limit(bytes_max);
  beast_->parser.eager(true);
  too_big_ = content_length().value_or(0) > bytes_max;
}

// Beast 1.74 asserts that it sees at least five bytes once it has seen the size of the last chunk.
// The shortest end of a chunked body, "0\r\n\r\n", has as many: with less nothing can be complete.
constexpr std::size_t end_of_chunks = 5;

http_parser::step http_parser::put_body(std::string_view bytes) {
  if (too_big_) return fail(413, "the body is too big");
  if (beast_->parser.chunked() && bytes.starts_with('0') && bytes.size() < end_of_chunks)
    return {state::need_more, 0};
  boost::beast::error_code error;
  const std::size_t consumed =
      beast_->parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error == http::error::body_limit) {
    too_big_ = true;
    return fail(413, "the body is too big");
  }
  if (error && error != http::error::need_more) return fail(400, "bad request: " + error.message());
  if (beast_->parser.is_done()) return {state::complete, consumed};
  // What is left is the line of a chunk or a trailer, which has the limit of a head.
  if (bytes.size() - consumed > head_bytes_max_)
    return fail(400, "bad request: a chunk header or trailer is too long");
  return {state::need_more, consumed};
}

std::string http_parser::take_body() { return std::move(beast_->parser.get().body()); }

}  // namespace socketio::net
