// The life of a socket: CONNECT with its auth, what the server says to it, and how it ends. See
// socket_state.hpp.
#include "client/socket_state.hpp"

#include "client/manager_state.hpp"
#include "client/offsets.hpp"
#include "wire/json.hpp"

#include <span>
#include <utility>
#include <vector>

namespace socketio::client_side {

socket_state::socket_state(manager_state& of, std::string nsp, socket_options options)
    : nsp_(std::move(nsp)),
      shard_(of.shard()),
      out_(of.out()),
      manager_(&of),
      traffic_(of.seen()),
      send_queue_bytes_max_(of.options().send_queue_bytes_max),
      offline_buffer_bytes_max_(of.options().offline_buffer_bytes_max),
      options_(std::move(options)),
      auth_(options_.auth),
      acks_(*shard_,
            [this](std::uint64_t id) {
              buffer_.remove(id);
              if (manager_) manager_->tell_if_read();
            }),
      buffer_(of.options().offline_buffer_bytes_max),
      retries_(options_.retries, options_.ack_timeout.has_value()),
      age_timer_(*this) {}

socket_state::~socket_state() = default;

std::string socket_state::id() const {
  if (ended()) return {};
  const std::lock_guard lock(id_mutex_);
  return id_;
}

void socket_state::remove_listener(listener_id id) {
  events.remove(id);
  connects.remove(id);
  disconnects.remove(id);
  connect_errors.remove(id);
  invalid.remove(id);
  any.remove(id);
  any_outgoing.remove(id);
}

// ---- connecting

void socket_state::connect() {
  if (!manager_ || connected()) return;
  const bool was_active = active_.exchange(true);
  if (!manager_->reconnecting()) manager_->open();
  if (!was_active && manager_ && manager_->is_open()) on_open();
}

// CS-03: asked at each attempt. What comes for an earlier one is too late.
void socket_state::on_open() {
  if (!active()) return;
  const std::uint64_t number = ++connect_number_;
  if (!auth_) return send_connect(number, value());
  const auto self = shared_from_this();
  const auto here = [self](auto work) {
    if (self->shard_->on_thread()) return work();
    self->shard_->post(work);
  };
  const auto give = [self, here, number](value data) {
    here([self, number, data = std::move(data)] { self->send_connect(number, data); });
  };
  const auto fail = [self, here, number](std::exception_ptr what) {
    self->out_->report("auth", what);
    here([self, number] {
      if (number != self->connect_number_ || !self->active() || self->connected()) return;
      self->leave();
      self->on_error({connect_cause::auth, "the auth function failed", {}, "see on_exception", 0});
    });
  };
  out_->run("auth", [ask = auth_.ask(), give, fail] {
    try {
      (*ask)(give, fail);
    } catch (...) {
      fail(std::current_exception());
    }
  });
}

// CR-05: what the application says wins.
void socket_state::send_connect(std::uint64_t number, const value& data) {
  if (number != connect_number_ || !active() || connected() || !manager_ || !manager_->is_open())
    return;
  ++connect_number_;  // asked, it answers once
  value all = pid_.empty() ? data : value(value::object{});
  if (!pid_.empty()) {
    all["pid"] = pid_;
    if (!last_offset_.empty()) all["offset"] = last_offset_;
    if (const auto* members = data.as_object())
      for (const auto& [name, content] : *members) all[name] = content;
  }
  std::string json;
  std::vector<std::span<const std::byte>> attachments;
  if (!all.is_null()) {
    wire::json_output out(json, attachments);
    all.write(out);
  }
  manager_->send(packet_type::connect, nsp_, std::nullopt, json, attachments,
                 wire::frame_class::control, true);
}

void socket_state::on_packet(const wire::packet& packet) {
  switch (packet.type) {
    case packet_type::connect: return on_connected(packet.payload);
    case packet_type::connect_error: return on_refused(packet.payload);
    case packet_type::event: return on_event(packet.payload, packet.id);
    case packet_type::ack:
      if (packet.id) acks_.settle(*packet.id, packet.payload);
      return;
    case packet_type::disconnect:
      if (!active()) return;
      return on_sent_away({});
  }
}

// CS-04, CR-11: what was missed, then what waits, then "connect".
void socket_state::on_connected(const input& payload) {
  if (connected() || !active()) return;
  std::string_view name, text;
  std::string sid, pid;
  input member;
  for (input::walk walk(payload); walk.next(name, member);) {
    if (name == "sid" && member.get_string(text)) sid = text;
    if (name == "pid" && member.get_string(text)) pid = text;
  }
  if (sid.empty())
    return on_error({connect_cause::older_server,
                     "It seems you are trying to reach a Socket.IO server in v2.x with a v3.x "
                     "client, but they are not compatible (more information here: "
                     "https://socket.io/docs/v3/migrating-from-2-x-to-3-0/)",
                     {},
                     "CONNECT was answered without a sid",
                     0});
  recovered_.store(!pid.empty() && pid == pid_, std::memory_order_release);
  if (pid != pid_) last_offset_.clear();
  pid_ = std::move(pid);
  {
    const std::lock_guard lock(id_mutex_);
    id_ = std::move(sid);
  }
  connected_.store(true, std::memory_order_release);
  const auto alive = shared_from_this();
  deliver_received();
  if (connected()) send_buffered();
  if (connected()) send_next(true);
  if (connected())
    out_->run("on_connect", [alive] { alive->connects.each({}, [](const auto& run) { run(); }); });
}

void socket_state::on_refused(const input& payload) {
  if (!active()) return;
  connect_failure why{connect_cause::refused, {}, {}, "the server refused " + nsp_, 0};
  std::string_view name, text;
  input member;
  if (payload.get_string(text)) why.message = text;  // of servers before 3
  for (input::walk walk(payload); walk.next(name, member);) {
    if (name == "message" && member.get_string(text)) why.message = text;
    if (name == "data") why.data = value::from(member);
  }
  // The official server never does that to a socket that it has let in.
  if (connected()) return on_sent_away("refused behind its CONNECT: " + why.message);
  leave();
  const auto alive = shared_from_this();
  out_->run("on_connect_error", [alive, why = std::move(why)] {
    alive->connect_errors.each({}, [&](const auto& run) { run(why); });
  });
}

void socket_state::on_error(const connect_failure& why) {
  if (connected()) return;
  const auto alive = shared_from_this();
  out_->run("on_connect_error",
            [alive, why] { alive->connect_errors.each({}, [&](const auto& run) { run(why); }); });
}

// ---- the end

// Nothing connects it again by itself; the manager closes what nobody uses.
void socket_state::leave() {
  active_.store(false, std::memory_order_release);
  ++connect_number_;
  received_.clear();
  received_bytes_ = 0;
  if (manager_) manager_->socket_left();
}

void socket_state::disconnect() {
  const auto alive = shared_from_this();
  const bool was = connected();
  if (was && manager_) manager_->send_disconnect(nsp_);
  leave();
  if (was) end({client_reason::io_client_disconnect, {}});
}

void socket_state::on_close(const client_disconnect& why) {
  ++connect_number_;
  received_.clear();
  received_bytes_ = 0;
  end(why);  // also before CONNECT: whoever waits for that has to know (CS-22)
}

// CS-23
void socket_state::on_sent_away(std::string description) {
  const auto alive = shared_from_this();
  leave();
  end({client_reason::io_server_disconnect, std::move(description)});
}

void socket_state::end(client_disconnect why) {
  connected_.store(false, std::memory_order_release);
  {
    const std::lock_guard lock(id_mutex_);
    id_.clear();
  }
  const auto alive = shared_from_this();
  out_->run("on_disconnect", [alive, why = std::move(why)] {
    alive->disconnects.each({}, [&](const auto& run) { run(why); });
  });
  acks_.fail_sent(errc::disconnected);
}

void socket_state::finish() {
  const auto alive = shared_from_this();
  if (active()) disconnect();
  clear_buffers(errc::disconnected);
}

void socket_state::forget_manager() {
  manager_ = nullptr;
  connected_.store(false, std::memory_order_release);
  active_.store(false, std::memory_order_release);
  age_timer_.cancel();
  received_.clear();
  acks_.fail_sent(errc::disconnected);
  clear_buffers(errc::disconnected);
  // A handler may hold a handle of this socket.
  events.clear();
  connects.clear();
  disconnects.clear();
  connect_errors.clear();
  invalid.clear();
  any.clear();
  any_outgoing.clear();
}

}  // namespace socketio::client_side
