// The attributes stand in the order of cookie 0.7.2, index.js, so that both servers send the same
// bytes.
#include "engine/cookie.hpp"

#include "base/http_text.hpp"

#include <algorithm>
#include <stdexcept>

namespace socketio::engine {
namespace {

constexpr bool is_letter_or_digit(char c) noexcept {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

bool all(std::string_view text, auto&& holds) { return std::ranges::all_of(text, holds); }

// token, RFC 9110, section 5.6.2.
bool is_name(std::string_view text) {
  static constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() &&
         all(text, [](char c) { return is_letter_or_digit(c) || others.find(c) != others.npos; });
}

// cookie-value, RFC 6265, section 4.1.1: may stand in quotes.
bool is_value(std::string_view text) {
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"'))
    text = text.substr(1, text.size() - 2);
  return all(text, [](char c) {
    return c > ' ' && c < '\x7f' && c != '"' && c != ',' && c != ';' && c != '\\';
  });
}

// path-value, and no ";" nor "<" as the package has it.
bool is_path(std::string_view text) {
  return all(text, [](char c) { return c >= ' ' && c < '\x7f' && c != ';' && c != '<'; });
}

// Labels of letters, digits and inner hyphens; a leading dot is accepted.
bool is_domain(std::string_view text) {
  if (text.starts_with('.')) text.remove_prefix(1);
  for (bool more = true; more;) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (label.empty() || label.size() > 63 || label.starts_with('-') || label.ends_with('-') ||
        !all(label, [](char c) { return is_letter_or_digit(c) || c == '-'; }))
      return false;
    more = dot != text.npos;
    if (more) text.remove_prefix(dot + 1);
  }
  return true;
}

std::string encode_uri_component(std::string_view text) {
  constexpr std::string_view kept = "-_.!~*'()", digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_letter_or_digit(c) || kept.find(c) != kept.npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

}  // namespace

std::string complaint_about(const cookie_options& options) {
  if (!is_name(options.name)) return "cookie.name is \"" + options.name + "\", it must be a token";
  if (!options.domain.empty() && !is_domain(options.domain))
    return "cookie.domain is \"" + options.domain + "\", it must be a domain name";
  if (!is_path(options.path))
    return "cookie.path is \"" + options.path +
           "\", it must not contain \";\" or control characters";
  if (options.same_site == same_site::none && !options.secure)
    return "cookie.same_site is none without cookie.secure, browsers drop such a cookie";
  if (options.partitioned && !options.secure)
    return "cookie.partitioned needs cookie.secure, browsers drop such a cookie";
  return {};
}

std::string serialize_cookie(const cookie_options& options, std::string_view value) {
  const std::string encoded = options.encode ? options.encode(value) : encode_uri_component(value);
  if (!is_value(encoded))
    throw std::invalid_argument("cookie.encode gave \"" + encoded + "\", no cookie may contain it");
  std::string text = options.name + '=' + encoded;
  if (options.max_age) text += "; Max-Age=" + std::to_string(options.max_age->count());
  if (!options.domain.empty()) text += "; Domain=" + options.domain;
  if (!options.path.empty()) text += "; Path=" + options.path;
  if (options.expires)
    text +=
        "; Expires=" + format_http_date(std::chrono::floor<std::chrono::seconds>(*options.expires));
  if (options.http_only) text += "; HttpOnly";
  if (options.secure) text += "; Secure";
  if (options.partitioned) text += "; Partitioned";
  switch (options.priority) {
    case cookie_priority::unset: break;
    case cookie_priority::low: text += "; Priority=Low"; break;
    case cookie_priority::medium: text += "; Priority=Medium"; break;
    case cookie_priority::high: text += "; Priority=High"; break;
  }
  switch (options.same_site) {
    case same_site::unset: break;
    case same_site::lax: text += "; SameSite=Lax"; break;
    case same_site::strict: text += "; SameSite=Strict"; break;
    case same_site::none: text += "; SameSite=None"; break;
  }
  return text;
}

}  // namespace socketio::engine
