// The opening handshake (RFC 6455, section 4): what is asked, and whether the answer is one.
#include "base/base64.hpp"
#include "base/text.hpp"
#include "dial/websocket_inside.hpp"
#include "wire/http_response_head.hpp"
#include "wire/permessage_deflate.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

namespace socketio::dial {
namespace {

constexpr std::size_t head_bytes_max = 64 * 1024;

// What the handshake says itself; whoever sets one of these is not heard, as with the npm package
// `ws`.
bool is_ours(std::string_view name) {
  for (const std::string_view ours :
       {"Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version",
        "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"}) {
    if (same_word(name, ours)) return true;
  }
  return false;
}

bool has(const header_fields& all, std::string_view name) {
  return std::ranges::any_of(all, [&](const auto& one) { return same_word(one.first, name); });
}

// All fields of that name, as one.
std::string joined(const http_headers& headers, std::string_view name) {
  std::string all;
  for (const auto& [field, value] : headers) {
    if (same_word(field, name)) all.append(all.empty() ? "" : ", ").append(value);
  }
  return all;
}

bool lists(const http_headers& headers, std::string_view name, std::string_view word) {
  const std::string all = joined(headers, name);
  std::string_view rest(all);
  while (!rest.empty()) {
    if (same_word(take_until(rest, ','), word)) return true;
  }
  return false;
}

failure not_websocket(std::string why) {
  return {trouble::protocol, "no WebSocket: " + std::move(why)};
}

std::string quoted(std::string_view text) { return "\"" + std::string(text.substr(0, 200)) + "\""; }

}  // namespace

std::string websocket::inside::request_text() {
  std::array<std::byte, 16> random;
  fill_from_kernel(random);
  append_base64({reinterpret_cast<const char*>(random.data()), random.size()}, key);
  std::string text = "GET " + to.path + " HTTP/1.1\r\n";
  const auto add = [&text](std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
  };
  if (!has(asked.headers, "Host")) add("Host", to.authority);
  add("Upgrade", "websocket");
  add("Connection", "Upgrade");
  add("Sec-WebSocket-Key", key);
  add("Sec-WebSocket-Version", "13");
  std::string protocols;
  for (const std::string& one : asked.protocols)
    protocols.append(protocols.empty() ? "" : ", ").append(one);
  if (!protocols.empty()) add("Sec-WebSocket-Protocol", protocols);
  if (asked.deflate) add("Sec-WebSocket-Extensions", wire::offer_header(*asked.deflate));
  if ((!to.user.empty() || !to.password.empty()) && !has(asked.headers, "Authorization")) {
    std::string credentials = "Basic ";
    append_base64(to.user + ":" + to.password, credentials);
    add("Authorization", credentials);
  }
  for (const auto& [name, value] : asked.headers) {
    if (!is_ours(name)) add(name, value);
  }
  return text += "\r\n";
}

void websocket::inside::on_line_open() {
  const auto self = shared_from_this();
  now = stage::shaking;
  output = request_text();
  write();
}

void websocket::inside::refuse(failure why) {
  end();
  tell_closed(std::move(why));
}

// What stands behind the head are frames already. Heads that announce another one are skipped.
std::size_t websocket::inside::take_head(std::string_view bytes) {
  std::size_t used = 0;
  while (now == stage::shaking) {
    auto read = wire::read_response_head(bytes.substr(used), head_bytes_max);
    if (!read) {
      refuse(not_websocket(read.error().message()));
      return used;
    }
    if (!*read) return used;
    wire::http_response_head& head = **read;
    used += head.bytes;
    if (head.status < 200 && head.status != 101) continue;
    if (auto why = check_answer(head.status, head.headers)) {
      refuse(std::move(*why));
      return used;
    }
    now = stage::open;
    cancel();
    opened.headers = std::move(head.headers);
    const websocket_opened told = std::move(opened);
    if (sink) sink->on_websocket_open(told);
  }
  return used;
}

std::optional<failure> websocket::inside::check_answer(unsigned status,
                                                       const http_headers& headers) {
  if (status != 101)
    return failure{trouble::http_status,
                   to.place + " answered " + std::to_string(status) + " instead of a WebSocket",
                   status};
  if (!lists(headers, "Upgrade", "websocket"))
    return not_websocket("the header Upgrade of the answer is " + quoted(headers["Upgrade"]));
  if (!lists(headers, "Connection", "upgrade"))
    return not_websocket("the header Connection of the answer is " + quoted(headers["Connection"]));
  if (headers["Sec-WebSocket-Accept"] != wire::ws_accept_value(key))
    return not_websocket("the answer's Sec-WebSocket-Accept is not that of our key");
  opened.protocol = headers["Sec-WebSocket-Protocol"];
  const bool chose = headers.contains("Sec-WebSocket-Protocol");
  if (chose && std::ranges::find(asked.protocols, opened.protocol) == asked.protocols.end())
    return not_websocket("the server chose the protocol " + quoted(opened.protocol) +
                         ", which was not offered");
  if (!chose && !asked.protocols.empty())
    return not_websocket("the server chose none of the protocols");
  return agree_on_deflate(headers);
}

// And makes the decoder, which knows from now on what was agreed.
std::optional<failure> websocket::inside::agree_on_deflate(const http_headers& headers) {
  const wire::ws_limits limits{asked.message_bytes_max, asked.fragments_max};
  if (!headers.contains("Sec-WebSocket-Extensions")) {
    decoder.emplace(limits, wire::ws_side::client);
    return std::nullopt;
  }
  const std::string answer = joined(headers, "Sec-WebSocket-Extensions");
  if (!asked.deflate)
    return not_websocket("the server chose the extension " + quoted(answer) +
                         ", which was not offered");
  const auto agreed = wire::accept_answer(answer, *asked.deflate);
  if (!agreed)
    return not_websocket("the server's extension " + quoted(answer) + ": " +
                         agreed.error().message());
  decoder.emplace(limits,
                  std::make_unique<wire::permessage_deflate>(
                      std::make_shared<wire::deflate_workspace>(asked.compression), *agreed,
                      wire::ws_side::client),
                  wire::ws_side::client);
  opened.deflate = true;
  return std::nullopt;
}

}  // namespace socketio::dial
