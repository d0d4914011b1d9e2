// Coming and going, rooms and listeners. What it sends is in socket_sending.cpp, incoming events
// are in socket_dispatch.cpp, acknowledgements in socket_acks.cpp.
#include "core/socket.hpp"

#include "core/hub.hpp"
#include "core/nsp.hpp"
#include "core/older_client.hpp"
#include "core/recovery.hpp"
#include "core/socket_acks.hpp"
#include "wire/json.hpp"

#include <algorithm>

namespace socketio::core {

using wire::frame_class;
using wire::packet_type;

socket::socket(nsp& of, client& from, session_id id, std::string_view auth)
    : id_(id), nsp_(of.shared_from_this()), client_(&from), info_(from.info()) {
  std::string said;
  if (from.over() && from.over()->spoken() == engine::revision::three)
    said = older::id_of(of.name(), info_->sid());
  id_bytes_ = static_cast<std::uint32_t>(said.size());
  if (auth != "{}") said += auth;
  if (!said.empty()) extras_ = std::make_unique<extras>(std::move(said), nullptr);
  const auto since = of.owner()->wall_clock().time_since_epoch();
  issued_ms_ = std::chrono::duration_cast<milliseconds>(since).count();
}

socket::~socket() { const data_reference last(data_.load()); }

// ---- rooms

void socket::join(std::span<const std::string> rooms) {
  if (const logger& log = *nsp_->shard()->log; log.debugs(debug_name::socket)) [[unlikely]]
    for (const std::string& room : rooms)
      log.debug(debug_name::socket, "joins a room", {{"id", id_.view()}, {"room", room}});
  if (!gone()) nsp_->join(*this, rooms);  // SK-15
}

void socket::leave(std::string_view room) {
  if (current() != state::disconnected) nsp_->leave(*this, room);
}

// ---- coming and going

void socket::on_joined() {
  state_.store(state::connected, std::memory_order_release);
  handle_ = socketio::socket(shared_from_this());
  const auto send_connect = [this] {
    std::string payload;
    if (!is_older()) {  // V3-08
      (payload += R"({"sid":")").append(id_.view()) += '"';
      if (recovery()) (payload += R"(,"pid":")").append(recovery()->pid.view()) += '"';
      payload += '}';
    }
    send(packet_type::connect, std::nullopt, payload, {}, frame_class::control);
  };
  if (recovery())
    nsp_->recovery()->on_joined(*this, send_connect);
  else
    send_connect();
}

void socket::on_refused(const connect_error& why) {
  if (is_older()) return refuse(older::payload_of(why), {});
  std::string payload;
  std::vector<std::span<const std::byte>> attachments;
  wire::json_output out(payload, attachments);
  out.begin_object(why.data() ? 2 : 1);
  out.key("message");
  out.string(why.message());
  if (why.data()) {
    out.key("data");
    why.data()->write(out);
  }
  out.end_object();
  refuse(payload, attachments);
}

// As JSON binary cannot travel in CONNECT_ERROR: placeholders remain of it.
void socket::refuse(std::string_view payload,
                    std::span<const std::span<const std::byte>> attachments) {
  if (!nsp_->owner()->options().parser) attachments = {};
  send(packet_type::connect_error, std::nullopt, payload, attachments, frame_class::control);
  if (nsp_->recovery()) nsp_->recovery()->on_refused(*this);
  drop_before_connect();
}

void socket::drop_before_connect() {
  const auto alive = shared_from_this();
  nsp_->on_dropped(*this);
  if (nsp_->recovery()) nsp_->recovery()->on_dropped(*this);
  state_.store(state::disconnected, std::memory_order_release);
  nsp_->leave_all(*this);
  if (client_) client_->on_left(*this);
  settle_all(errc::disconnected);
  release();
}

void socket::disconnect(bool close) {
  if (current() != state::connected || !client_) return;
  if (close) return client_->disconnect_all();
  if (leaving_) return;  // called by a listener of its own way out
  send(packet_type::disconnect, std::nullopt, {}, {}, frame_class::control);
  leave_namespace({reason::server_namespace_disconnect, cause::server_disconnect, {}});
}

void socket::leave_namespace(const disconnect_reason& why) {
  if (current() != state::connected || leaving_) return;
  leaving_ = true;
  const auto alive = shared_from_this();
  hub& owner = *nsp_->owner();
  const auto guarded = [&](std::string_view where) {
    return [&, where](auto&& run) { owner.guard(where, run, nsp_name()); };
  };
  if (listeners_) listeners_->disconnecting.call(guarded("on_disconnecting"), why);
  nsp_->disconnecting_listeners.call(guarded("on_disconnecting"), alive, why);
  owner.counters().disconnects[static_cast<std::size_t>(why.why)].add();
  if (nsp_->recovery()) nsp_->recovery()->on_leaving(*this, why.why);
  if (const logger& log = *nsp_->shard()->log; log.debugs(debug_name::socket)) [[unlikely]]
    log.debug(debug_name::socket, "leaves",
              {{"id", id_.view()}, {"nsp", nsp_name()}, {"reason", why.text()}});
  state_.store(state::disconnecting, std::memory_order_release);
  nsp_->on_socket_leaving(*this);
  nsp_->leave_all(*this);
  nsp_->on_socket_left(*this);
  state_.store(state::disconnected, std::memory_order_release);
  if (client_) client_->on_left(*this);
  settle_all(errc::disconnected);
  if (listeners_) listeners_->disconnect.call(guarded("on_disconnect"), why);
  nsp_->disconnect_listeners.call(guarded("on_disconnect"), alive, why);
  release();
}

// Handlers go, and with them whatever they captured. While one of them runs (it may have called
// disconnect itself) they are only marked; dispatch_ended() does the rest.
void socket::release() {
  client_ = nullptr;
  if (listeners_) listeners_->each_list([](auto& list) { list.clear(); });
  if (dispatching_ == 0) dispatch_ended();
}

void socket::dispatch_ended() {
  if (current() != state::disconnected) return;
  const auto gone = std::move(listeners_);  // destructors of handlers may look at this socket
  const auto alive = std::move(handle_);
}

socket::listeners& socket::listening() {
  if (!listeners_) listeners_ = std::make_unique<listeners>();
  return *listeners_;
}

void socket::remove_listener(listener_id id) {
  if (listeners_) listeners_->each_list([id](auto& list) { list.remove(id); });
}

void socket::report_error(std::string_view what) {
  if (!listeners_) return;
  hub& owner = *nsp_->owner();
  listeners_->error.call([&](auto&& run) { owner.guard("on_error", run, nsp_name()); }, what);
}

}  // namespace socketio::core
