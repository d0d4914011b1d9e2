// Opening, the handshake, the heartbeat and sending. See client_session.hpp.
#include "engine/client_session.hpp"

#include "base/client_url.hpp"
#include "wire/engine_packet.hpp"
#include "wire/json.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace socketio::engine {
namespace {

constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyz";

std::string base36(std::uint64_t number) {
  char text[13];
  const auto end = std::to_chars(text, text + sizeof text, number, 36).ptr;
  return std::string(text, end);
}

// What makes the URL of a request unlike any before it, in the form of the official client.
std::string stamp(std::int64_t ms, std::uint64_t& seed) {
  std::string text = base36(static_cast<std::uint64_t>(ms));
  text.erase(0, std::min<std::size_t>(3, text.size()));
  for (int i = 0; i < 3; ++i) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    text += digits[(seed >> 33) % digits.size()];
  }
  return text;
}

bool has(const std::vector<transport>& list, transport which) {
  return std::ranges::find(list, which) != list.end();
}

}  // namespace

client_session::client_session(const client_options& options, bool websocket_first,
                               std::uint64_t seed)
    : options_(options), transports_(options.transports), seed_(seed), websocket_works_(false) {
  if (websocket_first && has(transports_, transport::websocket)) {
    std::erase(transports_, transport::websocket);
    transports_.insert(transports_.begin(), transport::websocket);
  }
}

// ---- opening

void client_session::open(std::int64_t stamp_ms) {
  stamp_ms_ = stamp_ms;
  if (transports_.empty())
    return fail("No transports available", {connect_cause::no_transport, "transports is empty"});
  start(transports_.front());
}

void client_session::start(transport with) {
  kind_ = with;
  if (with == transport::polling) return poll();
  act({client_action::kind::open_websocket, websocket_place::main,
       query(transport::websocket, false)});
}

// CM-28. The names that the protocol needs are not the user's.
std::string client_session::query(transport of, bool with_sid) {
  const bool is_polling = of == transport::polling;
  const bool stamped = options_.timestamp_requests.value_or(is_polling);
  std::string text;
  const auto add = [&text](std::string_view name, std::string_view content) {
    if (!text.empty()) text += '&';
    text += percent_encode_component(name);
    text += '=';
    text += percent_encode_component(content);
  };
  for (const auto& [name, content] : options_.query)
    if (name != "EIO" && name != "transport" && name != "sid") add(name, content);
  add("EIO", "4");
  add("transport", to_string(of));
  if (with_sid) add("sid", sid_);
  if (stamped) add(options_.timestamp_param, stamp(stamp_ms_++, seed_));
  if (options_.force_base64 && !(is_polling && with_sid)) add("b64", "1");
  return text;
}

// {"sid":..., "upgrades":[...], "pingInterval":..., "pingTimeout":..., "maxPayload":...} (HS-07).
// What is wrong there ends the attempt (CM-40, Q-32).
void client_session::on_handshake(std::string_view json, time_point now) {
  constexpr std::int64_t longest_ms = 1'000'000'000;  // eleven days
  wire::json_reader reader;
  const auto parsed = reader.parse(json);
  if (!parsed) return fail("server error", {connect_cause::protocol, "the handshake is no JSON"});
  std::int64_t interval = -1, timeout = -1, most = 0;
  std::string sid;
  std::string_view name, text;
  input member;
  for (input::walk walk(*parsed); walk.next(name, member);) {
    if (name == "sid" && member.get_string(text)) sid = text;
    if (name == "pingInterval") member.get(interval);
    if (name == "pingTimeout") member.get(timeout);
    if (name == "maxPayload") member.get(most);
    if (name != "upgrades") continue;
    input upgrade;
    for (input::walk list(member); offered_.size() < 8 && list.next(upgrade);)
      if (upgrade.get_string(text)) offered_.emplace_back(text.substr(0, 32));
  }
  if (sid.empty() || sid.size() > options_.sid_bytes_max)
    return fail("server error", {connect_cause::protocol, "the handshake has no usable sid"});
  if (interval <= 0 || timeout <= 0 || interval > longest_ms || timeout > longest_ms)
    return fail("server error", {connect_cause::protocol,
                                 "the handshake has no usable pingInterval and pingTimeout"});
  sid_ = std::move(sid);
  ping_interval_ = milliseconds(interval);
  ping_timeout_ = milliseconds(timeout);
  max_payload_ = most > 0 ? static_cast<std::size_t>(most) : 0;
  opened(now);
}

void client_session::opened(time_point now) {
  if (state_ == state::opening) state_ = state::open;
  websocket_works_ = kind_ == transport::websocket;
  ping_deadline_ = deadline_after(now, ping_interval_ + ping_timeout_);
  tell({client_event::kind::opened});
  begin_upgrade();
}

// ---- packets

void client_session::on_packet(std::string_view text, time_point now) {
  using type = wire::engine_packet_type;
  const auto packet = wire::decode_engine_packet(text, decoded_);
  if (!packet)
    return fail("server error",
                {connect_cause::protocol, "malformed packet: " + packet.error().message()});
  if (sid_.empty()) {
    if (packet->type == type::open) return on_handshake(packet->data, now);
    return fail("server error",
                {connect_cause::protocol, "the server did not begin with a handshake"});
  }
  if (packet->type == type::message) return message(packet->binary, packet->data);
  if (packet->type == type::ping) return on_ping(now);
  if (packet->type == type::close && kind_ == transport::polling) {
    records_ = {};
    polling_ = posting_ = false;
    act({client_action::kind::cancel_requests});
    sid_.clear();  // nothing is left there to say good-bye to
    end(client_reason::transport_close, {connect_cause::closed, "transport closed by the server"});
  }
}

void client_session::message(bool binary, std::string_view data) {
  tell({.what = client_event::kind::message, .binary = binary, .data = data});
}

void client_session::on_ping(time_point now) {
  const auto pong = wire::frame::text({"3"}, wire::frame_class::control);
  send({&pong, 1});
  if (kind_ == transport::websocket) flush();
  ping_deadline_ = deadline_after(now, ping_interval_ + ping_timeout_);
  tell({client_event::kind::ping});
}

// ---- time

void client_session::on_time(time_point due) {
  if (state_ == state::closed) return;
  if (close_deadline_ <= due) return end(client_reason::forced_close, {});
  if (ping_deadline_ <= due)
    end(client_reason::ping_timeout,
        {connect_cause::lost,
         "no ping for " + std::to_string((ping_interval_ + ping_timeout_).count()) + " ms"});
}

std::optional<time_point> client_session::next_timeout() const noexcept {
  const time_point next = std::min(close_deadline_, ping_deadline_);
  if (state_ == state::closed || next == time_point::max()) return std::nullopt;
  return next;
}

// ---- sending

bool client_session::send(std::span<const wire::frame> group) {
  if (state_ == state::closing || state_ == state::closed) return false;
  for (const wire::frame& each : group) {
    queue_.push_back(options_.force_base64 ? as(binary_form::base64, each) : each);
    queued_bytes_ += queue_.back().size();
  }
  told_drained_ = false;
  return true;
}

bool client_session::writable() const noexcept {
  if (state_ != state::open || !queue_.empty() || upgrading()) return false;
  return kind_ == transport::polling ? !posting_ : websocket_open_ && !writing_;
}

void client_session::flush() {
  if (!waits_for_flush()) return;
  if (kind_ == transport::polling) {
    posting_ = true;
    act({.what = client_action::kind::post,
         .query = query(transport::polling, true),
         .body = next_payload()});
  } else {
    writing_ = true;
    act({client_action::kind::send_batch});
  }
}

std::vector<wire::frame> client_session::take_batch() {
  std::vector<wire::frame> batch(std::make_move_iterator(queue_.begin()),
                                 std::make_move_iterator(queue_.end()));
  queue_.clear();
  queued_bytes_ = 0;
  return batch;
}

// ---- what is drained

std::optional<client_event> client_session::poll_event() {
  while (events_.empty() && taking_records_) take_records(records_at_);
  if (events_.empty()) return std::nullopt;
  client_event next = std::move(events_.front());
  events_.pop_front();
  return next;
}

std::optional<client_action> client_session::poll_action() {
  if (actions_.empty()) return std::nullopt;
  client_action next = std::move(actions_.front());
  actions_.pop_front();
  return next;
}

}  // namespace socketio::engine
