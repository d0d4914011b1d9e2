// The public handle socketio::socket: every call goes to the socket's shard, directly when it is
// already there.
#include "core/delivery.hpp"
#include "core/hub.hpp"
#include "core/nsp_group.hpp"
#include "core/posted_bytes.hpp"
#include "core/receiver_in_transit.hpp"
#include "core/socket.hpp"
#include "socketio/socket.hpp"

#include <mutex>
#include <stdexcept>
#include <utility>

namespace socketio {
namespace {

// Runs `work(core::socket&)` on the shard, unless the socket is gone for good.
template <class Work>
void on_shard(const std::shared_ptr<core::socket>& impl, Work&& work) {
  if (!impl) return;
  if (impl->shard()->on_thread()) return work(*impl);
  impl->shard()->post([impl, work = std::forward<Work>(work)]() mutable { work(*impl); });
}

bool alive(core::socket& of) noexcept { return of.current() != core::socket::state::disconnected; }

// Registers a listener under a new id.
template <class Add>
listener_id add(const std::shared_ptr<core::socket>& impl, Add&& how) {
  const listener_id id = core::next_listener_id();
  on_shard(impl, [id, how = std::forward<Add>(how)](core::socket& to) {
    if (alive(to)) how(to.listening(), id);
  });
  return id;
}

}  // namespace

std::string_view socket::id() const noexcept {
  return impl_ ? impl_->public_id() : std::string_view();
}
bool socket::connected() const noexcept { return impl_ && impl_->connected(); }
bool socket::recovered() const noexcept { return impl_ && impl_->recovered(); }
recovery_result socket::recovery() const {
  return impl_ ? impl_->what_became() : recovery_result();
}
http_request socket::request() const { return impl_ ? impl_->request() : http_request(); }
handshake socket::handshake() const {
  return impl_ ? impl_->make_handshake() : socketio::handshake();
}
std::string_view socket::nsp_name() const noexcept {
  return impl_ ? std::string_view(impl_->nsp_name()) : "";
}

std::string_view socket::connection_id() const noexcept {
  return impl_ ? impl_->connection_id() : std::string_view();
}

std::string_view socket::transport() const noexcept {
  if (!impl_) return {};
  if (!impl_->shard()->on_thread())
    return impl_->connected() ? impl_->info().transport() : std::string_view();
  const auto* from = impl_->from();
  return from && from->over() ? from->over()->transport() : std::string_view();
}

std::size_t socket::queued_bytes() const noexcept {
  if (!impl_) return 0;
  if (!impl_->shard()->on_thread()) return impl_->connected() ? impl_->info().queued_bytes() : 0;
  return impl_->queued_bytes();
}

value& socket::data() const {
  if (!impl_) throw std::logic_error("data() of a socket that never was connected");
  return impl_->data();
}

std::vector<std::string> socket::rooms() const {
  if (!impl_) return {};
  const std::lock_guard lock(impl_->of().membership());
  if (!alive(*impl_)) return {};
  return impl_->of().rooms().socket_rooms(*impl_);
}

void socket::join(const room_list& rooms) const {
  if (!impl_) return;
  if (impl_->shard()->on_thread()) return impl_->join(rooms.names());
  // Until it has happened there, broadcasts to these rooms reach that shard all the same.
  core::nsp_group& all = impl_->of().group();
  const auto join = [impl = impl_, names = rooms.names()] {
    impl->join(names);
    if (!impl->of().group().spread()) return;
    for (const std::string& name : names)
      impl->of().group().rooms.release(name, impl->of().index());
  };
  if (all.spread())
    for (const std::string& name : rooms.names())
      all.rooms.hold(name, core::only(impl_->of().index()));
  impl_->shard()->post(join);
}

void socket::leave(std::string_view room) const {
  on_shard(impl_, [name = std::string(room)](core::socket& to) { to.leave(name); });
}

void socket::disconnect(bool close) const {
  on_shard(impl_, [close](core::socket& to) { to.disconnect(close); });
}

void socket::close_connection() const {
  on_shard(impl_, [](core::socket& to) {
    if (auto* from = to.from()) from->close_connection(cause::connection_close, {});
  });
}

void socket::off(std::string_view event) const {
  on_shard(impl_, [name = std::string(event)](core::socket& to) {
    if (alive(to)) to.listening().events.remove(name);
  });
}

void socket::off() const {
  on_shard(impl_, [](core::socket& to) {
    if (alive(to)) to.listening().events.clear();
  });
}

namespace {

// What only the shard knows.
template <class Count>
std::size_t count_on_shard(const std::shared_ptr<core::socket>& impl, const char* what,
                           const Count& count) {
  if (!impl) return 0;
  if (!impl->shard()->on_thread())
    throw std::logic_error(std::string(what) + "() may be called on the socket's shard only");
  return alive(*impl) ? count(impl->listening()) : 0;
}

}  // namespace

std::size_t socket::listener_count(std::string_view event) const {
  return count_on_shard(impl_, "listener_count",
                        [event](const auto& all) { return all.events.count(event); });
}
std::size_t socket::listeners_any() const {
  return count_on_shard(impl_, "listeners_any", [](const auto& all) { return all.any.size(); });
}
std::size_t socket::listeners_any_outgoing() const {
  return count_on_shard(impl_, "listeners_any_outgoing",
                        [](const auto& all) { return all.any_outgoing.size(); });
}

void socket::off(listener_id id) const {
  on_shard(impl_, [id](core::socket& to) { to.remove_listener(id); });
}

namespace {

// Adds `handler` to one of a socket's lists.
template <class... Args>
listener_id add_to(const std::shared_ptr<core::socket>& impl,
                   core::callbacks<Args...> core::socket::listeners::*list,
                   std::function<void(Args...)> handler, bool first = false) {
  return add(impl, [list, first, handler = std::move(handler)](core::socket::listeners& to,
                                                               listener_id id) {
    (to.*list).add(id, handler, first);
  });
}

using lists = core::socket::listeners;

}  // namespace

listener_id socket::on_disconnecting(std::function<void(const disconnect_reason&)> handler) const {
  return add_to(impl_, &lists::disconnecting, std::move(handler));
}

listener_id socket::on_disconnect(std::function<void(const disconnect_reason&)> handler) const {
  return add_to(impl_, &lists::disconnect, std::move(handler));
}

listener_id socket::on_error(std::function<void(std::string_view)> handler) const {
  return add_to(impl_, &lists::error, std::move(handler));
}

listener_id socket::on_any(any_incoming_listener handler) const {
  return add_to(impl_, &lists::any, std::move(handler));
}

listener_id socket::prepend_any(any_incoming_listener handler) const {
  return add_to(impl_, &lists::any, std::move(handler), true);
}

namespace {

socket::any_incoming_listener without_ack(socket::any_listener handler) {
  return [handler = std::move(handler)](std::string_view event, const values& arguments, bool) {
    handler(event, arguments);
  };
}

}  // namespace

listener_id socket::on_any(any_listener handler) const {
  return on_any(without_ack(std::move(handler)));
}
listener_id socket::prepend_any(any_listener handler) const {
  return prepend_any(without_ack(std::move(handler)));
}

void socket::off_any() const {
  on_shard(impl_, [](core::socket& to) {
    if (alive(to)) to.listening().any.clear();
  });
}

listener_id socket::on_any_outgoing(any_listener handler) const {
  return add_to(impl_, &lists::any_outgoing, std::move(handler));
}

listener_id socket::prepend_any_outgoing(any_listener handler) const {
  return add_to(impl_, &lists::any_outgoing, std::move(handler), true);
}

void socket::off_any_outgoing() const {
  on_shard(impl_, [](core::socket& to) {
    if (alive(to)) to.listening().any_outgoing.clear();
  });
}

void socket::use(event_middleware middleware) const {
  auto kept = std::make_shared<const event_middleware>(std::move(middleware));
  on_shard(impl_, [kept = std::move(kept)](core::socket& to) {
    if (alive(to)) to.listening().middlewares.push_back(kept);
  });
}

namespace detail {

namespace {

bool connecting(const core::socket& of) noexcept {
  return of.current() == core::socket::state::connecting;
}

}  // namespace

// With recovery, a client may be on another shard by now: the event goes to the room of its own id
// (CR-03), in one order with all broadcasts.
bool emit_to(const socket_target& to, payload& what, std::unique_ptr<ack_receiver> answer) {
  const auto& impl = to.socket;
  if (!impl) {
    if (answer) answer->on_failure(errc::disconnected);
    return false;
  }
  if (impl->shard()->on_thread()) return impl->emit(what, to.flags, std::move(answer));
  if (core::nsp_group& all = impl->of().group();
      impl->recovery() && all.spread() && !answer && !to.flags.is_volatile && !connecting(*impl)) {
    const std::string own_room(impl->id().view());
    return core::deliver(all, {what.text(), what.attachments()}, {{&own_room, 1}, {}, to.flags});
  }
  auto kept = keep(what);
  // std::function must be copyable, hence shared.
  auto sent_later = std::make_shared<core::receiver_in_transit<ack_receiver>>(std::move(answer));
  auto send = [impl, kept, flags = to.flags, sent_later] {
    with_kept(*kept, [&](payload& again) { impl->emit(again, flags, sent_later->take()); });
  };
  const auto outcome = impl->shard()->post_event(std::move(send), core::posted_bytes(what));
  if (const auto told = outcome == post_outcome::refused ? sent_later->take() : nullptr)
    impl->of().guard("acknowledgement", [&] { told->on_failure(errc::refused); });
  return outcome == post_outcome::queued;
}

listener_id add_handler(const std::shared_ptr<core::socket>& to, std::string_view event,
                        std::shared_ptr<handler> what, handler_place where) {
  check_handled_event(event, false);
  return add(to, [event = std::string(event), what = std::move(what), where](
                     core::socket::listeners& all, listener_id id) {
    all.events.add(id, event, what, where.once, where.first);
  });
}

broadcast_target broadcast_from(const socket_target& from) {
  broadcast_target target;
  target.flags = from.flags;
  if (!from.socket) return target;
  target.nsp = from.socket->shared_nsp();
  target.except.emplace_back(from.socket->public_id());
  return target;
}

}  // namespace detail
}  // namespace socketio
