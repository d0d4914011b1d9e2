// See http_response.hpp.
#include "net/http_response.hpp"

#include "base/http_text.hpp"

#include <cstdint>

namespace socketio::net {
namespace {

// RFC 9110, section 15; and what is used of RFC 6585. Others have no phrase, which is legal.
std::string_view phrase_of(unsigned status) noexcept {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Payload Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Entity";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "";
  }
}

// What the server decides alone.
bool is_ours(std::string_view name) noexcept {
  return same_word(name, "content-length") || same_word(name, "connection") ||
         same_word(name, "keep-alive") || same_word(name, "transfer-encoding") ||
         same_word(name, "date");
}

void append_field(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(": ").append(value).append("\r\n");
}

// What may stand in a response several times and count each time.
bool is_cumulative(std::string_view name) noexcept {
  return same_word(name, "set-cookie") || same_word(name, "vary") || same_word(name, "link");
}

// Without those that were said `before`: of two Content-Types the answer's own counts, not that of
// a middleware, as with Node's writeHead().
void append_fields(const http_headers& fields, const http_headers& before, std::string& out) {
  for (const auto& [name, value] : fields) {
    const bool allowed = !is_ours(name) && is_token(name) && is_field_text(value);
    if (!allowed || (!is_cumulative(name) && before.contains(name))) continue;
    append_field(name, value, out);
  }
}

// A response to HEAD, a 304 and a 204 may announce the length that its handler gave; otherwise only
// the body counts.
void append_length(const http_response& response, bool head_only, std::string& out) {
  const auto announced = response.headers.find("Content-Length");
  const bool digits = announced && !announced->empty() &&
                      announced->find_first_not_of("0123456789") == announced->npos;
  if (digits && (head_only || is_bodiless(response.status))) {
    append_field("Content-Length", *announced, out);
  } else if (!is_bodiless(response.status)) {
    append_field("Content-Length", std::to_string(response.body.size()), out);
  }
}

}  // namespace

std::string_view http_date::at(std::time_t now) {
  if (now == rendered_at_) return text_;
  text_ = format_http_date(std::chrono::sys_seconds(std::chrono::seconds(now)));
  rendered_at_ = now;
  return text_;
}

void append_response_head(const http_response& response, const http_headers& extra,
                          const response_facts& facts, std::string_view date, std::string& out) {
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(phrase_of(response.status)).append("\r\n");
  append_fields(response.headers, {}, out);
  append_fields(extra, response.headers, out);
  append_field("Date", date, out);
  if (facts.upgrade) {
    append_field("Connection", "Upgrade", out);
  } else {
    append_field("Connection", facts.keep_alive ? "keep-alive" : "close", out);
    append_length(response, facts.head_only, out);
  }
  out.append("\r\n");
}

}  // namespace socketio::net
