// The connection of a manager and what comes over it. See manager_state.hpp.
#include "client/manager_state.hpp"

#include "core/parsing.hpp"

#include <chrono>
#include <utility>

namespace socketio::client_side {
namespace {

std::shared_ptr<const logger> make_logger(const client_options& options) {
  if (!options.log) return logger::silent();
  return std::make_shared<const logger>(options.log, options.log_least, options.debug,
                                        std::chrono::system_clock::now, std::size_t{10});
}

}  // namespace

manager_state::manager_state(client_options options, manager_surroundings in)
    : next{options.query, options.extra_headers, options.transports},
      delays{options.reconnection_delay, options.reconnection_delay_max,
             options.randomization_factor},
      attempts_max(options.reconnection_attempts),
      timeout(options.timeout),
      options_(std::move(options)),
      in_(std::move(in)),
      out_(std::make_shared<outlet>(options_.executor, options_.on_exception,
                                    make_logger(options_))),
      reconnection_(options_.reconnection),
      reader_(options_.json_depth_max) {}

// Handles may be left: they find nobody.
manager_state::~manager_state() {
  for (const auto& [nsp, each] : sockets_) each->forget_manager();
}

// ---- sockets

std::shared_ptr<socket_state> manager_state::socket(std::string_view nsp,
                                                    const socket_options* options) {
  std::string name(nsp);
  if (name.empty() || name.front() != '/') name.insert(0, "/");
  const std::lock_guard lock(mutex_);
  auto& found = sockets_[name];
  if (found) return found;
  found = std::make_shared<socket_state>(
      *this, name,
      options ? *options : socket_options{options_.auth, options_.retries, options_.ack_timeout});
  if (gone_) found->forget_manager();
  return found;
}

manager_state::socket_list manager_state::sockets() const {
  socket_list list;
  const std::lock_guard lock(mutex_);
  for (const auto& [nsp, each] : sockets_) list.push_back(each);
  return list;
}

std::shared_ptr<socket_state> manager_state::find(std::string_view nsp) const {
  const std::lock_guard lock(mutex_);
  const auto found = sockets_.find(nsp);
  return found == sockets_.end() ? nullptr : found->second;
}

void manager_state::remove_listener(listener_id id) {
  opens.remove(id);
  errors.remove(id);
  closes.remove(id);
  pings.remove(id);
  packets.remove(id);
  reconnect_attempts.remove(id);
  reconnects.remove(id);
  reconnect_errors.remove(id);
  reconnect_failures.remove(id);
  upgrades.remove(id);
  upgrade_errors.remove(id);
}

void manager_state::socket_left() {
  for (const auto& each : sockets())
    if (each->active()) return;
  disconnect();
}

// ---- the connection

void manager_state::open() {
  if (state_ != state::closed || gone_ || finishing_) return;
  state_ = state::opening;
  skip_reconnect_ = false;
  // In the pause between two attempts it is the next one, by whomever it was asked for.
  attempting_ = reconnecting_;
  reconnect_timer_.cancel();
  if (timeout)
    in_.shard->timers().arm(open_timer_, deadline_after(in_.shard->exact_now(), *timeout));
  connection_ = in_.connect(next, *this);
}

void manager_state::on_open() {
  const auto alive = shared_from_this();
  open_timer_.cancel();
  state_ = state::open;
  if (!read_waiter_) left_unread_ = false;
  decoder_ = {};
  if (options_.parser && !make_decoder()) return;
  note_facts();
  for (const auto& each : sockets())
    if (is_open()) each->on_open();
  out_->run("on_open", [alive] { alive->opens.each({}, [](const auto& run) { run(); }); });
  if (std::exchange(attempting_, false) && is_open()) reconnected();
}

// It is code of the application.
bool manager_state::make_decoder() {
  try {
    foreign_ = options_.parser->make_decoder();
    return true;
  } catch (...) {
    out_->report("parser", std::current_exception());
  }
  attempt_failed({connect_cause::protocol, "parser error", {}, "the parser made no decoder", 0});
  return false;
}

void manager_state::attempt_timed_out() {
  attempt_failed(
      {connect_cause::timeout,
       "timeout",
       {},
       "no connection within " + std::to_string(timeout.value_or(milliseconds(0)).count()) + " ms",
       0});
}

void manager_state::on_failed(connect_failure why) { attempt_failed(why); }

// CM-16: the sockets first, then who listens to the manager, then the next attempt.
void manager_state::attempt_failed(const connect_failure& why) {
  const auto alive = shared_from_this();
  const bool of_loop = std::exchange(attempting_, false);
  let_go_of_connection();
  state_ = state::closed;
  for (const auto& each : sockets())
    if (each->active()) each->on_error(why);
  out_->run("on_error",
            [alive, why] { alive->errors.each({}, [&](const auto& run) { run(why); }); });
  if (!of_loop) return maybe_reconnect();
  if (state_ == state::closed) {
    reconnecting_ = false;
    reconnect();
  }
  out_->run("on_reconnect_error",
            [alive, why] { alive->reconnect_errors.each({}, [&](const auto& run) { run(why); }); });
}

// It may stand below us on the stack, and ends by itself.
void manager_state::let_go_of_connection() {
  open_timer_.cancel();
  if (!connection_) return;
  closing_.push_back(std::move(connection_));
  const auto place = std::prev(closing_.end());
  asking_ = false;
  (*place)->close(std::exchange(last_words_, {}), [this, place](bool all_read) {
    closing_.erase(place);
    if (!all_read) left_unread_ = true;
    tell_if_read();
    end_if_closed();
  });
  note_facts();
}

void manager_state::on_closed(client_disconnect why, const connect_failure* error) {
  const auto alive = shared_from_this();
  if (error) {
    const connect_failure what = *error;
    for (const auto& each : sockets())
      if (each->active()) each->on_error(what);
    out_->run("on_error",
              [alive, what] { alive->errors.each({}, [&](const auto& run) { run(what); }); });
  }
  if (is_open()) close_now(why);
}

void manager_state::close_now(const client_disconnect& why) {
  const auto alive = shared_from_this();
  let_go_of_connection();
  reconnect_timer_.cancel();
  backoff_.reset();
  state_ = state::closed;
  note_facts();
  for (const auto& each : sockets())
    if (each->active()) each->on_close(why);
  out_->run("on_close",
            [alive, why] { alive->closes.each({}, [&](const auto& run) { run(why); }); });
  if (reconnection_ && !skip_reconnect_) reconnect();
}

void manager_state::disconnect() {
  skip_reconnect_ = true;
  reconnecting_ = attempting_ = false;
  close_now({client_reason::forced_close, {}});
}

void manager_state::give_up_connection(client_reason why, std::string description) {
  if (is_open()) close_now({why, std::move(description)});
}

void manager_state::close_connection() {
  if (is_open()) connection_->abort(client_reason::forced_close, "closed by the application");
}

// ---- packets

sending manager_state::send(wire::packet_type type, std::string_view nsp,
                            std::optional<std::uint64_t> id, std::string_view json,
                            std::span<const std::span<const std::byte>> attachments,
                            wire::frame_class kind, bool compress) {
  if (!is_open()) return sending::not_now;
  if (finishing_ && type == packet_type::connect) return sending::not_now;
  std::vector<wire::frame> group = std::exchange(group_, {});
  group.clear();
  auto outcome = encode(type, nsp, id, json, attachments, kind, compress, group);
  if (outcome == sending::sent && !(is_open() && connection_->send(group)))
    outcome = sending::not_now;
  group.clear();
  group_ = std::move(group);
  note_queued();
  return outcome;
}

// The parser is code of the application.
sending manager_state::encode(wire::packet_type type, std::string_view nsp,
                              std::optional<std::uint64_t> id, std::string_view json,
                              std::span<const std::span<const std::byte>> attachments,
                              wire::frame_class kind, bool compress,
                              std::vector<wire::frame>& into) {
  const auto how = compress ? wire::compression::wanted : wire::compression::unwanted;
  if (!options_.parser) {
    wire::encode_packet(type, nsp, id, json, attachments, kind, into, how);
    return sending::sent;
  }
  try {
    core::encode_by(*options_.parser, type, nsp, id, json, attachments, kind, into, how);
    return sending::sent;
  } catch (...) {
    out_->report("parser", std::current_exception());
    return sending::never;
  }
}

void manager_state::send_disconnect(std::string_view nsp) {
  if (!is_open()) return;
  std::vector<wire::frame> words;
  encode(packet_type::disconnect, nsp, std::nullopt, {}, {}, wire::frame_class::control, true,
         words);
  bool last = true;
  for (const auto& each : sockets())
    if (each->active() && each->nsp() != nsp) last = false;
  if (last || finishing_)
    last_words_.insert(last_words_.end(), words.begin(), words.end());
  else if (is_open())
    connection_->send(words);
}

void manager_state::on_message(bool binary, std::string_view data) {
  if (!is_open()) return;
  const auto alive = shared_from_this();
  if (options_.parser) return on_foreign(binary, data);
  const wire::packet_limits limits{options_.attachments_max, options_.attachment_bytes_max};
  const auto decoded =
      binary ? decoder_.on_binary(data, reader_, limits) : decoder_.on_text(data, reader_, limits);
  if (!decoded) return parse_error(decoded.error().message());
  if (*decoded) on_packet(**decoded);
}

void manager_state::on_foreign(bool binary, std::string_view data) {
  result<std::optional<packet>> decoded = wire::wire_errc::invalid_payload;
  try {
    decoded = foreign_->add(data, binary);
  } catch (...) {
    out_->report("parser", std::current_exception());
  }
  if (!decoded) return parse_error(decoded.error().message());
  if (!*decoded) return;
  const packet& read = **decoded;
  if (!is_valid(read)) return parse_error("invalid payload");
  wire::packet seen;
  seen.type = read.type;
  seen.nsp = read.nsp;
  seen.id = read.id;
  seen.has_payload = read.data.has_value();
  if (read.data) seen.payload = detail::input_of(*read.data);
  on_packet(seen);
}

void manager_state::on_packet(const wire::packet& packet) {
  if (!packets.empty())
    out_->run("on_packet",
              [alive = shared_from_this(), type = packet.type, nsp = std::string(packet.nsp)] {
                alive->packets.each({}, [&](const auto& run) { run(type, nsp); });
              });
  const auto to = find(packet.nsp.empty() ? std::string_view("/") : packet.nsp);
  if (to) to->on_packet(packet);
  if (!out_->direct()) check_waiting();
}

// The application does not keep up with the server: what waits for it must not grow for ever.
void manager_state::check_waiting() {
  const std::size_t most = options_.receive_buffer_bytes_max;
  if (out_->waiting_bytes() > most)
    give_up_connection(
        client_reason::transport_error,
        "callbacks of more than " + std::to_string(most) + " bytes wait for the executor");
}

void manager_state::parse_error(std::string description) {
  close_now({client_reason::parse_error, std::move(description)});
}

void manager_state::on_ping() {
  reader_.trim();
  const auto alive = shared_from_this();
  out_->run("on_ping", [alive] { alive->pings.each({}, [](const auto& run) { run(); }); });
}

void manager_state::on_upgrade() {
  note_facts();
  const auto alive = shared_from_this();
  out_->run("on_upgrade",
            [alive] { alive->upgrades.each({}, [](const auto& run) { run("websocket"); }); });
}

void manager_state::on_upgrade_failed(connect_failure why) {
  const auto alive = shared_from_this();
  out_->run("on_upgrade_error", [alive, why = std::move(why)] {
    alive->upgrade_errors.each({}, [&](const auto& run) { run(why); });
  });
}

void manager_state::on_drained() {
  const auto alive = shared_from_this();
  note_queued();
  for (const auto& each : sockets()) each->on_drained();
  tell_if_read();
}

bool manager_state::everything_sent() const {
  if (queued_bytes() > 0) return false;
  for (const auto& each : sockets())
    if (each->buffered_bytes() > 0) return false;
  return true;
}

bool manager_state::everything_read() const {
  return everything_sent() && closing_.empty() && (!connection_ || connection_->all_read());
}

void manager_state::tell_if_read() {
  if (!read_waiter_ || asking_ || !closing_.empty() || !everything_sent()) return;
  if (!is_open()) return tell_read(true);
  asking_ = true;
  connection_->when_read([this] {
    asking_ = false;
    tell_read(true);
  });
}

void manager_state::tell_read(bool read) {
  const bool unread = std::exchange(left_unread_, false);
  if (const auto done = std::exchange(read_waiter_, nullptr)) done(read && !unread);
}

void manager_state::when_read(std::function<void(bool)> done) {
  read_waiter_ = std::move(done);
  tell_if_read();
}

bool manager_state::ping_expired() {
  if (!is_open() || !connection_->ping_expired()) return false;
  in_.shard->post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self && self->is_open() && self->connection_->ping_expired())
      self->give_up_connection(client_reason::ping_timeout, "no ping came while it was suspended");
  });
  return true;
}

// ---- the end

void manager_state::finish_sockets() {
  const auto alive = shared_from_this();
  finishing_ = true;
  for (const auto& each : sockets()) each->finish();
  if (state_ != state::closed || reconnecting_) disconnect();
  finishing_ = false;
}

void manager_state::shut_down(std::function<void()> over) {
  if (gone_.exchange(true)) return;
  skip_reconnect_ = true;
  const auto alive = shared_from_this();
  out_->close();
  finishing_ = true;
  for (const auto& each : sockets())
    if (each->connected()) send_disconnect(each->nsp());
  for (const auto& each : sockets()) each->forget_manager();
  open_timer_.cancel();
  reconnect_timer_.cancel();
  let_go_of_connection();
  state_ = state::closed;
  read_waiter_ = nullptr;
  note_facts();
  lingering_ = alive;
  over_ = std::move(over);
  end_if_closed();
}

void manager_state::end_if_closed() {
  if (!gone_ || !closing_.empty()) return;
  const auto last = std::exchange(lingering_, nullptr);
  if (const auto over = std::exchange(over_, nullptr)) over();
}

void manager_state::hurry() {
  for (const auto& each : closing_) each->hurry();
}

void manager_state::cut() noexcept {
  closing_.clear();
  over_ = nullptr;
  const auto last = std::exchange(lingering_, nullptr);
}

manager_state::facts manager_state::now() const {
  const std::lock_guard lock(mutex_);
  return facts_;
}

void manager_state::note_facts() {
  facts seen;
  seen.connected = is_open() && connection_;
  if (seen.connected) {
    seen.sid = connection_->sid();
    seen.transport = connection_->transport();
  }
  note_queued();
  const std::lock_guard lock(mutex_);
  facts_ = std::move(seen);
}

std::string manager_state::new_key() {
  constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyz";
  if (key_prefix_.empty())
    for (int i = 0; i < 20; ++i) key_prefix_ += digits[static_cast<std::size_t>(in_.random() * 36)];
  return key_prefix_ + '-' + std::to_string(++keys_);
}

}  // namespace socketio::client_side
