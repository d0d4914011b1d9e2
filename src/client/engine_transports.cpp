// The requests and WebSockets of a connection. See engine_connection.hpp.
#include "base/text.hpp"
#include "client/engine_connection.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace socketio::client_side {
namespace {

using engine::websocket_place;

// The answer to a POST is "ok", or says what was wrong with it.
constexpr std::size_t post_answer_bytes_max = 64 * 1024;

connect_cause cause_of(dial::trouble what) noexcept {
  using dial::trouble;
  switch (what) {
    case trouble::bad_url: return connect_cause::bad_url;
    case trouble::resolve: return connect_cause::resolve;
    case trouble::connect: return connect_cause::connect;
    case trouble::proxy: return connect_cause::proxy;
    case trouble::tls: return connect_cause::tls;
    case trouble::timeout: return connect_cause::timeout;
    case trouble::http_status: return connect_cause::http_status;
    case trouble::protocol: return connect_cause::protocol;
    case trouble::too_big: return connect_cause::too_big;
    case trouble::closed: return connect_cause::closed;
    case trouble::lost: return connect_cause::lost;
  }
  return connect_cause::none;
}

engine::transport_failure failure_of(dial::failure from) {
  return {cause_of(from.what), std::move(from.detail), from.status, from.close_code};
}

std::chrono::sys_seconds in_seconds(std::int64_t wall_ms) {
  return std::chrono::floor<std::chrono::seconds>(
      std::chrono::sys_time<milliseconds>(milliseconds(wall_ms)));
}

}  // namespace

// ---- requests

std::string engine_connection::url(const std::string& query) const {
  std::string path = in_->options.path;
  if (path.ends_with('/')) path.pop_back();
  if (in_->options.add_trailing_slash) path += '/';
  return std::string(in_->secure ? "https://" : "http://") + in_->authority + path + '?' + query;
}

name_value_list engine_connection::headers() {
  name_value_list all = with_.extra_headers;
  const bool has_login = std::ranges::any_of(
      all, [](const auto& each) { return same_word(each.first, "authorization"); });
  if (!in_->login.empty() && !has_login) all.emplace_back("Authorization", in_->login);
  if (!in_->options.with_credentials) return all;
  if (std::string cookies = cookies_.header(in_seconds(in_->wall_ms())); !cookies.empty())
    all.emplace_back("Cookie", std::move(cookies));
  return all;
}

dial::http_call engine_connection::call(std::string method, const std::string& query) {
  dial::http_call made;
  made.method = std::move(method);
  made.url = url(query);
  made.headers = headers();
  made.headers.emplace_back("Accept", "*/*");
  made.response_bytes_max = in_->options.message_bytes_max;
  return made;
}

void engine_connection::get(std::string query) {
  auto request = call("GET", query);
  if (session_.sid().empty()) request.timeout = in_->options.request_timeout;
  getting_ = http_.start(std::move(request),
                         [this](dial::http_outcome outcome) { on_got(std::move(outcome)); });
}

void engine_connection::post(std::string query, std::string body, bool last) {
  auto request = call("POST", query);
  request.headers.emplace_back("Content-type", "text/plain;charset=UTF-8");
  request.body = std::move(body);
  request.response_bytes_max = post_answer_bytes_max;
  request.timeout = last ? third_of(in_->options.close_timeout) : in_->options.request_timeout;
  if (!last) {
    posting_ = http_.start(std::move(request),
                           [this](dial::http_outcome outcome) { on_posted(std::move(outcome)); });
    return;
  }
  last_post_ = http_.start(std::move(request), [this](const dial::http_outcome&) {
    last_post_ = 0;
    http_.cancel(std::exchange(getting_, 0));
    end_if_over();
  });
}

void engine_connection::on_got(dial::http_outcome outcome) {
  getting_ = 0;
  if (auto* const answer = std::get_if<dial::http_answer>(&outcome)) {
    take_cookies(answer->headers);
    session_.on_answer(answer->status, std::move(answer->body), in_->shard->now());
  } else {
    session_.on_poll_failed(failure_of(std::get<dial::failure>(std::move(outcome))));
  }
  drive();
}

void engine_connection::on_posted(dial::http_outcome outcome) {
  posting_ = 0;
  if (behind_) {
    posted_meanwhile_ = std::move(outcome);
    return;
  }
  if (const auto* const answer = std::get_if<dial::http_answer>(&outcome)) {
    take_cookies(answer->headers);
    session_.on_posted(answer->status);
  } else {
    session_.on_post_failed(failure_of(std::get<dial::failure>(std::move(outcome))));
  }
  drive();
}

void engine_connection::take_cookies(const http_headers& from) {
  if (!in_->options.with_credentials) return;
  for (const auto& [name, content] : from)
    if (same_word(name, "set-cookie")) cookies_.take(content, in_seconds(in_->wall_ms()));
}

// ---- WebSockets

void engine_connection::open_websocket(websocket_place where, const std::string& query) {
  dial::websocket_request request;
  request.url = url(query);
  request.headers = headers();
  request.protocols = in_->options.protocols;
  if (const auto& deflate = in_->options.per_message_deflate) {
    request.deflate =
        wire::deflate_offer{.server_no_context_takeover = false,
                            .client_no_context_takeover = deflate->client_no_context_takeover,
                            .server_max_window_bits = deflate->server_max_window_bits,
                            .client_max_window_bits = std::max(9, deflate->client_max_window_bits)};
    request.compression = *deflate;
  }
  request.message_bytes_max = in_->options.message_bytes_max;
  request.close_timeout = third_of(in_->options.close_timeout);
  request.handshake_timeout = in_->options.request_timeout;
  // The connection itself has a time for its attempt; an upgrade must not try for ever either.
  if (where == websocket_place::candidate && request.handshake_timeout.count() == 0)
    request.handshake_timeout = in_->options.timeout.value_or(milliseconds(0));
  auto& at = where == websocket_place::main ? main_ : candidate_;
  at = std::make_unique<place>(*this, where);
  at->socket = std::make_unique<dial::websocket>(*in_->shard, in_->how, std::move(request), *at);
}

void engine_connection::place::on_websocket_open(const dial::websocket_opened& how) {
  engine_connection& to = owner;
  to.take_cookies(how.headers);
  to.session_.on_websocket_open(where);
  to.drive();
}

void engine_connection::place::on_websocket_message(bool binary, std::string_view data) {
  engine_connection& to = owner;
  if (where == websocket_place::main && to.sink_ && !to.driving_ &&
      to.session_.take_message(binary, data))
    return to.sink_->on_message(binary, data);
  to.session_.on_websocket_message(where, binary, data, to.in_->shard->now());
  to.drive();
}

void engine_connection::place::on_websocket_drained() {
  engine_connection& to = owner;
  to.session_.on_websocket_drained(where);
  to.drive();
}

void engine_connection::place::on_websocket_pong(std::string_view data) {
  engine_connection& to = owner;
  if (where == websocket_place::main && to.pinged_ > to.read_ && data == std::to_string(to.pinged_))
    to.on_read(to.pinged_);
}

void engine_connection::place::on_websocket_closed(dial::failure why) {
  engine_connection& to = owner;
  to.session_.on_websocket_closed(where, failure_of(std::move(why)));
  to.drive();
}

}  // namespace socketio::client_side
