// The public handles of namespaces and broadcasts: every call goes to the shard, directly when it
// is already there.
#include "core/broadcast_ack.hpp"
#include "core/hub.hpp"
#include "core/nsp.hpp"
#include "core/posted_bytes.hpp"
#include "core/receiver_in_transit.hpp"
#include "core/socket.hpp"
#include "socketio/nsp.hpp"

namespace socketio {
namespace {

// Runs `work(core::nsp&)` on the shard, unless the server is gone. False when it never will.
// `bytes`: of the event that it carries, if it does.
template <class Work>
bool on_shard(const std::shared_ptr<core::nsp>& impl, Work&& work, std::size_t bytes = 0) {
  if (!impl) return false;
  if (impl->shard()->on_thread()) {
    if (!impl->owner()) return false;
    work(*impl);
    return true;
  }
  auto posted = [impl, work = std::forward<Work>(work)]() mutable {
    if (impl->owner()) work(*impl);
  };
  return impl->shard()->post_event(std::move(posted), bytes);
}

// Registers a listener under a new id.
template <class Add>
listener_id add(const std::shared_ptr<core::nsp>& to, Add&& how) {
  const listener_id id = core::next_listener_id();
  on_shard(to, [id, how = std::forward<Add>(how)](core::nsp& of) { how(of, id); });
  return id;
}

// Adds `handler` to one of a namespace's lists; where the list has the inner socket, `handler`
// takes the handle.
template <class List, class Function>
listener_id add_to(const std::shared_ptr<core::nsp>& to, List core::nsp::*list, Function handler) {
  return add(to, [list, handler = std::move(handler)](core::nsp& of, listener_id id) {
    (of.*list).add(id, handler);
  });
}
template <class... Args, class Function>
listener_id add_to(const std::shared_ptr<core::nsp>& to,
                   core::callbacks<const std::shared_ptr<core::socket>&, Args...> core::nsp::*list,
                   Function handler) {
  return add(to, [list, handler = std::move(handler)](core::nsp& of, listener_id id) {
    (of.*list).add(id, [handler](const std::shared_ptr<core::socket>& who, Args... args) {
      handler(socket(who), args...);
    });
  });
}

core::broadcast_options options_of(const detail::broadcast_target& target) {
  return {target.rooms, target.except, target.flags};
}

}  // namespace

std::string invalid_arguments::text() const {
  std::string text =
      "argument " + std::to_string(index + 1) + " of \"" + event + "\": expected " + wanted + ", ";
  return text + (missing ? "but it is missing" : "got " + std::string(to_string(got)));
}

std::string_view nsp::name() const noexcept { return impl()->name(); }

namespace detail {

void check_event_name(std::string_view name) {
  if (wire::is_reserved_event(name))
    throw std::invalid_argument("\"" + std::string(name) + "\" is a reserved event name");
}

bool broadcast(const broadcast_target& to, payload& what) {
  if (to.nsp && to.nsp->shard()->on_thread()) {  // nothing needs to be kept
    if (!to.nsp->owner()) return false;
    to.nsp->adapter().broadcast({what.text(), what.attachments()}, options_of(to));
    return true;
  }
  const auto send = [to, kept = keep(what)](core::nsp& of) {
    with_kept(*kept, [&](payload& again) {
      of.adapter().broadcast({again.text(), again.attachments()}, options_of(to));
    });
  };
  return on_shard(to.nsp, send, core::posted_bytes(what));
}

void broadcast_with_ack(const broadcast_target& to, payload& what,
                        std::unique_ptr<broadcast_receiver> answers) {
  auto asked_later =
      std::make_shared<core::receiver_in_transit<broadcast_receiver>>(std::move(answers));
  const auto ask = [to, kept = keep(what), asked_later](core::nsp& of) {
    core::hub& owner = *of.owner();
    auto collector = std::make_shared<core::broadcast_ack>(
        of, of.next_ack_id(), of.adapter().server_count(), asked_later->take());
    collector->start(deadline_after(
        owner.shard().now(), to.flags.timeout.value_or(owner.options().broadcast_ack_timeout)));
    with_kept(*kept, [&](payload& again) {
      of.adapter().broadcast_with_ack({again.text(), again.attachments()}, options_of(to),
                                      collector);
    });
  };
  on_shard(to.nsp, ask, core::posted_bytes(what));
}

void fetch_sockets(const broadcast_target& of,
                   std::function<void(std::vector<remote_socket>)> done) {
  auto asked = std::make_shared<core::receiver_in_transit<core::sockets_receiver>>(
      std::make_unique<core::sockets_receiver>(std::move(done)));
  on_shard(of.nsp, [of, asked](core::nsp& nsp) {
    nsp.adapter().fetch_sockets(options_of(of), std::move(*asked->take()));
  });
}

void sockets_join(const broadcast_target& which, std::vector<std::string> rooms) {
  on_shard(which.nsp, [which, rooms = std::move(rooms)](core::nsp& of) {
    of.adapter().add_sockets(options_of(which), rooms);
  });
}

void sockets_leave(const broadcast_target& which, std::vector<std::string> rooms) {
  on_shard(which.nsp, [which, rooms = std::move(rooms)](core::nsp& of) {
    of.adapter().del_sockets(options_of(which), rooms);
  });
}

void disconnect_sockets(const broadcast_target& which, bool close) {
  on_shard(which.nsp, [which, close](core::nsp& of) {
    of.adapter().disconnect_sockets(options_of(which), close);
  });
}

listener_id add_handler(const std::shared_ptr<core::nsp>& to, std::string_view event,
                        std::shared_ptr<handler> what) {
  return add(to, [event = std::string(event), what = std::move(what)](
                     core::nsp& of, listener_id id) { of.handlers.add(id, event, what, false); });
}

namespace {

template <class R>
detached run_middleware(socket from, task<R> work, next_fn next) {
  try {
    if constexpr (std::is_void_v<R>) {
      co_await work;
      next();
    } else {
      if (std::optional<connect_error> why = co_await work)
        next(std::move(*why));
      else
        next();
    }
  } catch (const connect_error& why) {
    next(why);
  } catch (...) {
    if (core::hub* owner = from.impl()->of().owner())
      owner->report(std::current_exception(), "middleware");
    next(connect_error("internal error"));
  }
}

}  // namespace

void run_middleware_task(socket from, task<void> work, next_fn next) {
  run_middleware(std::move(from), std::move(work), std::move(next));
}
void run_middleware_task(socket from, task<std::optional<connect_error>> work, next_fn next) {
  run_middleware(std::move(from), std::move(work), std::move(next));
}

}  // namespace detail

listener_id namespace_api::on_connection(std::function<void(socket)> handler) const {
  return add_to(impl_, &core::nsp::connection_listeners, std::move(handler));
}

void namespace_api::off(std::string_view event) const {
  on_shard(impl_, [name = std::string(event)](core::nsp& of) { of.handlers.remove(name); });
}

void namespace_api::off(listener_id id) const {
  on_shard(impl_, [id](core::nsp& of) { of.remove_listener(id); });
}

listener_id namespace_api::on_disconnect(
    std::function<void(const socket&, const disconnect_reason&)> handler) const {
  return add_to(impl_, &core::nsp::disconnect_listeners, std::move(handler));
}
listener_id namespace_api::on_disconnecting(
    std::function<void(const socket&, const disconnect_reason&)> handler) const {
  return add_to(impl_, &core::nsp::disconnecting_listeners, std::move(handler));
}
listener_id namespace_api::on_invalid(
    std::function<void(const socket&, const invalid_arguments&)> handler) const {
  return add_to(impl_, &core::nsp::invalid_listeners, std::move(handler));
}

void namespace_api::add_middleware(detail::namespace_middleware middleware) const {
  on_shard(impl_,
           [middleware = std::move(middleware)](core::nsp& of) { of.add_middleware(middleware); });
}

listener_id namespace_api::on_create_room(std::function<void(std::string_view)> handler) const {
  return add_to(impl_, &core::nsp::create_room_listeners, std::move(handler));
}
listener_id namespace_api::on_delete_room(std::function<void(std::string_view)> handler) const {
  return add_to(impl_, &core::nsp::delete_room_listeners, std::move(handler));
}
listener_id namespace_api::on_join_room(
    std::function<void(std::string_view, std::string_view)> handler) const {
  return add_to(impl_, &core::nsp::join_room_listeners, std::move(handler));
}
listener_id namespace_api::on_leave_room(
    std::function<void(std::string_view, std::string_view)> handler) const {
  return add_to(impl_, &core::nsp::leave_room_listeners, std::move(handler));
}

std::vector<socket> namespace_api::local_sockets() const {
  std::vector<socket> list;
  for (core::socket* one : impl_->connected()) list.emplace_back(one->shared_from_this());
  return list;
}
std::size_t namespace_api::room_size(std::string_view room) const {
  return impl_->rooms().room_size(room);
}
std::vector<std::string> namespace_api::room_names() const { return impl_->rooms().room_names(); }

}  // namespace socketio
