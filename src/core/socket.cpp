// Lifecycle and sending. Incoming events are in socket_dispatch.cpp.
#include "core/socket.hpp"

#include "core/hub.hpp"
#include "core/nsp.hpp"
#include "core/older_client.hpp"
#include "core/parsing.hpp"
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
  id_bytes_ = static_cast<std::uint32_t>(said.size()) & 0x7FFFFFFF;
  if (auth != "{}") said += auth;
  if (!said.empty()) extras_ = std::make_unique<extras>(std::move(said), nullptr);
  const auto since = of.owner()->wall_clock().time_since_epoch();
  issued_ms_ = std::chrono::duration_cast<milliseconds>(since).count();
}

socket::~socket() { const data_reference last(data_.load()); }

// ---- sending

using sending = engine::send_queue::outcome;

sending socket::send(packet_type type, std::optional<std::uint64_t> id, std::string_view payload,
                     std::span<const std::span<const std::byte>> attachments, frame_class kind,
                     wire::compression how) {
  if (!client_ || !client_->over()) return sending::closed;
  hub& owner = *nsp_->owner();
  auto& group = owner.scratch_group();
  owner.encode(type, nsp_->name(), id, payload, attachments, kind, group, how);
  const auto outcome = group.empty() ? sending::dropped : client_->over()->send(group);
  group.clear();
  return outcome;
}

void socket::tell_emit(std::size_t bytes) const {
  const logger& log = *nsp_->shard()->log;
  if (log.debugs(debug_name::socket))
    log.debug(debug_name::socket, "emits",
              {{"id", id_.view()}, {"nsp", nsp_name()}, {"bytes", bytes}});
}

bool socket::emit(detail::payload& what, const detail::emit_flags& flags,
                  std::unique_ptr<detail::ack_receiver> answer) {
  const auto fail = [&](errc why) {
    if (answer) nsp_->guard("acknowledgement", [&] { answer->on_failure(why); });
    return false;
  };
  const state now = current();
  if (now == state::disconnected || !client_ || !client_->over())
    return (!answer && emit_to_absent(what, flags)) || fail(errc::disconnected);
  hub& owner = *nsp_->owner();
  if (logger::anybody_debugs(debug_name::socket)) [[unlikely]]
    tell_emit(what.text().size());
  if (watched_outgoing()) {
    tell_outgoing({what.text(), what.attachments()});
    if (!client_ || !client_->over()) return fail(errc::disconnected);  // a listener disconnected
  }
  if (flags.is_volatile && !client_->over()->writable()) {
    owner.counters().volatile_dropped.add();
    return fail(errc::refused);
  }
  const auto how = flags.compress ? wire::compression::wanted : wire::compression::unwanted;
  if (core::recovery* const log = nsp_->recovery(); log && !answer && recovery())
    return emit_recoverable(*log, what, flags);
  if (!answer) {
    const bool sent = send(packet_type::event, std::nullopt, what.text(), what.attachments(),
                           frame_class::event, how) == sending::queued;
    if (sent) owner.counters().events_out.add();
    return sent;
  }
  if (!acks_) acks_ = std::make_unique<ack_table>();
  if (acks_->pending.size() >= owner.options().pending_acks_max) return fail(errc::refused);
  const std::uint64_t id = nsp_->next_ack_id();
  // Sent first: a refused event must settle its ack at once, and nothing can answer before the next
  // turn.
  const auto outcome =
      send(packet_type::event, id, what.text(), what.attachments(), frame_class::event, how);
  if (outcome != sending::queued)
    return fail(outcome == sending::closed ? errc::disconnected : errc::refused);
  owner.counters().events_out.add();
  auto entry = std::make_unique<pending_ack>(*this, id);
  entry->receiver = std::move(answer);
  if (flags.timeout)
    owner.shard().timers().arm(*entry, deadline_after(owner.shard().exact_now(), *flags.timeout));
  acks_->pending.emplace(id, std::move(entry));
  owner.counters().pending_acks.add();
  return true;
}

bool socket::emit_to_absent(detail::payload& what, const detail::emit_flags& flags) {
  core::recovery* const log = nsp_->recovery();
  return log && nsp_->owner() && log->emit_to_absent(*this, what, flags);
}

// What can be missed is kept even when the connection does not take it: it ends then, and the
// client may come back. Only what the overflow policy drops is lost.
bool socket::emit_recoverable(core::recovery& log, detail::payload& what,
                              const detail::emit_flags& flags) {
  hub& owner = *nsp_->owner();
  const auto how = flags.compress ? wire::compression::wanted : wire::compression::unwanted;
  auto outcome = sending::dropped;
  if (!flags.is_volatile) {
    outcome = log.emit(*this, what, how);
  } else if (!recovering()) {  // else what it has missed would come after it
    auto& group = owner.scratch_group();
    owner.encode_event(nsp_name(), what.text(), log.volatile_tail(what.text()), what.attachments(),
                       group, how);
    if (!group.empty()) outcome = client_->over()->send(group);
    group.clear();
  }
  if (outcome == sending::queued) owner.counters().events_out.add();
  return outcome == sending::queued || (!flags.is_volatile && outcome != sending::dropped);
}

bool socket::deliver(std::span<const wire::frame> group, const detail::emit_flags& flags) {
  if (!client_ || !client_->over() || group.empty()) return false;
  auto& counters = nsp_->owner()->counters();
  if (flags.is_volatile && !client_->over()->writable()) {
    counters.volatile_dropped.add();
    return false;
  }
  if (client_->over()->send(group) != engine::send_queue::outcome::queued) return false;
  counters.events_out.add();
  return true;
}

void socket::send_answer(std::uint64_t ack_id, detail::payload& what) {
  if (current() == state::disconnected || !client_) return;
  nsp_->owner()->counters().acks_out.add();
  send(packet_type::ack, ack_id, what.text(), what.attachments(), frame_class::ack);
}

void socket::send_error_answer(std::uint64_t ack_id, std::string_view code,
                               std::string_view message) {
  detail::payload answer;
  answer.begin(1);
  output& out = answer.out();
  out.begin_object(1);
  out.key("error");
  out.begin_object(2);
  out.key("code");
  out.string(code);
  out.key("message");
  out.string(message);
  out.end_object();
  out.end_object();
  answer.end();
  send_answer(ack_id, answer);
}

outgoing_event::outgoing_event(std::string_view json,
                               std::span<const std::span<const std::byte>> attachments) {
  const value all = tree_of(json, attachments);
  if (!all.as_array() || all.as_array()->empty()) return;
  if (const std::string* text = all[0].as_string()) name = *text;
  arguments.assign(all.as_array()->begin() + 1, all.as_array()->end());
}

void socket::tell_outgoing(const outgoing_event& what) {
  hub& owner = *nsp_->owner();
  listeners_->any_outgoing.call(
      [&](auto&& run) { owner.guard("on_any_outgoing", run, nsp_name()); }, what.name,
      what.arguments);
}

// ---- acknowledgements

void socket::pending_ack::on_expired(time_point) {
  auto entry = of.acks_->pending.find(id);
  auto self = std::move(entry->second);
  of.acks_->pending.erase(entry);
  hub& owner = *of.nsp_->owner();
  owner.counters().pending_acks.sub();
  owner.counters().acks_timed_out.add();
  owner.guard(
      "acknowledgement", [&] { self->receiver->on_failure(errc::timed_out); }, of.nsp_name());
}

bool socket::expect_broadcast_answer(std::uint64_t ack_id,
                                     const std::shared_ptr<broadcast_ack>& to) {
  if (!connected()) return false;
  if (acks_ && acks_->pending.size() >= nsp_->owner()->options().pending_acks_max) return false;
  if (!acks_) acks_ = std::make_unique<ack_table>();
  auto entry = std::make_unique<pending_ack>(*this, ack_id);
  entry->broadcast = to;
  if (!acks_->pending.emplace(ack_id, std::move(entry)).second) return false;
  nsp_->owner()->counters().pending_acks.add();
  return true;
}

bool socket::expects_broadcast_answer(std::uint64_t ack_id) const noexcept {
  if (!acks_) return false;
  const auto entry = acks_->pending.find(ack_id);
  return entry != acks_->pending.end() && entry->second->broadcast;
}

void socket::forget_broadcast_answer(std::uint64_t ack_id) {
  if (!expects_broadcast_answer(ack_id)) return;
  acks_->pending.erase(ack_id);
  if (hub* owner = nsp_->owner()) owner->counters().pending_acks.sub();
}

void socket::on_ack(const wire::packet& packet) {
  hub& owner = *nsp_->owner();
  owner.counters().acks_in.add();
  const auto entry =
      acks_ && packet.id ? acks_->pending.find(*packet.id) : decltype(acks_->pending.end()){};
  if (!acks_ || !packet.id || entry == acks_->pending.end())
    return owner.counters().acks_unknown.add();  // ACK-04
  const auto found = std::move(entry->second);
  acks_->pending.erase(entry);
  owner.counters().pending_acks.sub();
  found->cancel();
  if (found->broadcast) return found->broadcast->on_answer(id_, packet.payload);
  owner.guard(
      "acknowledgement", [&] { found->receiver->on_answer(packet.payload); }, nsp_name());
}

void socket::settle_all(errc why) {
  if (!acks_) return;
  const auto table = std::move(acks_);
  hub& owner = *nsp_->owner();
  for (auto& [id, entry] : table->pending) {
    entry->cancel();
    owner.counters().pending_acks.sub();
    owner.counters().acks_disconnected.add();
    if (entry->broadcast)
      entry->broadcast->on_gone(id_);
    else
      owner.guard(
          "acknowledgement", [&, receiver = entry->receiver.get()] { receiver->on_failure(why); },
          nsp_name());
  }
}

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
  if (listeners_) {
    listeners_->events.clear();
    listeners_->any.clear();
    listeners_->any_outgoing.clear();
    listeners_->disconnecting.clear();
    listeners_->disconnect.clear();
    listeners_->error.clear();
  }
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
  if (!listeners_) return;
  listeners_->events.remove(id);
  listeners_->any.remove(id);
  listeners_->any_outgoing.remove(id);
  listeners_->disconnecting.remove(id);
  listeners_->disconnect.remove(id);
  listeners_->error.remove(id);
}

void socket::report_error(std::string_view what) {
  if (!listeners_) return;
  hub& owner = *nsp_->owner();
  listeners_->error.call([&](auto&& run) { owner.guard("on_error", run, nsp_name()); }, what);
}

// ---- asking

handshake socket::make_handshake() const {
  handshake all;
  all.headers = info_->headers();
  all.time = javascript_date(issued_ms_);
  all.address = info_->address();
  all.xdomain = info_->xdomain();
  all.secure = info_->secure();
  all.client_certificate = info_->client_certificate();
  all.issued_ms = issued_ms_;
  all.url = info_->url();
  const auto question = all.url.find('?');
  if (question != std::string::npos) all.query = http_query(all.url.substr(question));
  all.custom = info_->custom();
  const auto auth =
      extras_ ? std::string_view(extras_->said).substr(id_bytes_) : std::string_view();
  all.auth = auth_tree(auth);
  return all;
}

http_request socket::request() const { return info_->request(); }

value& socket::data() {
  shared_data* found = data_.load(std::memory_order_acquire);
  if (found) return found->what;
  data_reference made(new shared_data);
  if (!data_.compare_exchange_strong(found, made.get(), std::memory_order_acq_rel))
    return found->what;
  return made.release()->what;
}

const value* socket::data_if_any() const noexcept {
  const shared_data* const found = data_.load(std::memory_order_acquire);
  return found ? &found->what : nullptr;
}

data_reference socket::share_data() const noexcept {
  shared_data* const found = data_.load(std::memory_order_acquire);
  if (found) found->references.fetch_add(1, std::memory_order_relaxed);
  return data_reference(found);
}

// ---- told by recovery

void socket::set_recovery(std::unique_ptr<recovery_state> made) {
  if (!extras_) extras_ = std::make_unique<extras>();
  extras_->recovery = std::move(made);
}

void socket::go_on_as(const session_id& id, data_reference data) {
  id_ = id;
  const data_reference before(data_.exchange(data.release(), std::memory_order_acq_rel));
}

void socket::was_in_since(std::string_view room, std::uint32_t number) noexcept {
  for (membership& in : memberships)
    if (in.room && in.room->name == room) in.room->joined[in.index] = number;
}

bool socket::recovered() const noexcept {
  return recovery() && bool(*recovery()->shown.load(std::memory_order_acquire));
}

recovery_result socket::what_became() const {
  if (recovery()) return *recovery()->shown.load(std::memory_order_acquire);
  if (is_older() && nsp_->recovery())
    return {recovery_outcome::older_client, "clients of revision 3 cannot ask for their session"};
  return {};
}

std::size_t socket::queued_bytes() const noexcept {
  return client_ && client_->over() ? client_->over()->queued_bytes() : 0;
}

const std::string& socket::nsp_name() const noexcept { return nsp_->name(); }
const std::shared_ptr<executor>& socket::shard() const noexcept { return nsp_->shard(); }

}  // namespace socketio::core
