// The public handles of namespaces and broadcasts: every call goes to the shards that it concerns,
// directly where the caller is already there.
#include "core/delivery.hpp"
#include "core/hub.hpp"
#include "core/parent.hpp"
#include "core/receiver_in_transit.hpp"
#include "core/socket.hpp"
#include "socketio/nsp.hpp"

#include <atomic>
#include <mutex>
#include <set>

namespace socketio {
namespace {

using core::nsp_group, core::shard_set, core::only;

template <class Work>
bool on_all_shards(const std::shared_ptr<core::nsp>& impl, const Work& work) {
  return impl && core::on_shards(impl->group(), impl->group().everywhere(), work);
}

// Registers a listener under a new id.
template <class Add>
listener_id add(const std::shared_ptr<core::nsp>& to, Add&& how) {
  const listener_id id = core::next_listener_id();
  on_all_shards(to, [id, how = std::forward<Add>(how)](core::nsp& of) { how(of, id); });
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

broadcast_options options_of(const detail::broadcast_target& target) {
  return {target.rooms, target.except, target.flags};
}

}  // namespace

std::string invalid_arguments::text() const {
  std::string text =
      "argument " + std::to_string(index + 1) + " of \"" + event + "\": expected " + wanted + ", ";
  return text + (missing ? "but it is missing" : "got " + std::string(to_string(got)));
}

std::string_view nsp::name() const noexcept { return impl()->name(); }
std::string_view parent_nsp::name() const noexcept { return impl()->name(); }

std::vector<nsp> parent_nsp::children() const {
  std::vector<nsp> list;
  for (const auto& child : static_cast<core::parent_adapter&>(impl()->group().adapter()).children())
    list.emplace_back(child->shared_part(0));
  return list;
}

namespace detail {

bool broadcast(const broadcast_target& to, payload& what) {
  if (!to.nsp) return false;
  nsp_group& all = to.nsp->group();
  const broadcast_packet packet{what.text(), what.attachments()};
  if (all.plain()) return core::deliver(all, packet, options_of(to));
  return all.adapter().broadcast(packet, options_of(to));
}

void broadcast_with_ack(const broadcast_target& to, payload& what,
                        std::unique_ptr<broadcast_receiver> answers) {
  const core::receiver_in_transit<broadcast_receiver> nowhere(to.nsp ? nullptr
                                                                     : std::move(answers));
  if (!to.nsp) return;
  nsp_group& all = to.nsp->group();
  core::ask_everybody(all, {what.text(), what.attachments()}, options_of(to), std::move(answers),
                      [&all](const auto& collector, const auto& packet, const auto& options) {
                        all.adapter().broadcast_with_ack(packet, options, collector);
                      });
}

void all_sockets(const broadcast_target& of, std::function<void(std::vector<std::string>)> done) {
  if (!of.nsp) return done({});
  of.nsp->group().adapter().sockets(options_of(of), std::move(done));
}

void fetch_sockets(const broadcast_target& of,
                   std::function<void(std::vector<remote_socket>)> done) {
  if (!of.nsp) return done({});
  of.nsp->group().adapter().fetch_sockets(
      options_of(of), [done = std::move(done)](std::error_code, std::vector<remote_socket> found) {
        done(std::move(found));
      });
}

void sockets_join(const broadcast_target& which, std::vector<std::string> rooms) {
  if (which.nsp) which.nsp->group().adapter().add_sockets(options_of(which), rooms);
}

void sockets_leave(const broadcast_target& which, std::vector<std::string> rooms) {
  if (which.nsp) which.nsp->group().adapter().del_sockets(options_of(which), rooms);
}

void disconnect_sockets(const broadcast_target& which, bool close) {
  if (which.nsp) which.nsp->group().adapter().disconnect_sockets(options_of(which), close);
}

listener_id add_handler(const std::shared_ptr<core::nsp>& to, std::string_view event,
                        std::shared_ptr<handler> what, handler_place where) {
  return add(to, [event = std::string(event), what = std::move(what), where](core::nsp& of,
                                                                             listener_id id) {
    of.handlers.add(id, event, what, where.once, where.first);
  });
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
    from.impl()->of().report(std::current_exception(), "middleware");
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

listener_id namespace_api::on_connection(detail::plain_function<void(socket)> handler) const {
  return add_to(impl_, &core::nsp::connection_listeners, std::move(handler));
}

listener_id namespace_api::once_connection(detail::plain_function<void(socket)> handler) const {
  const listener_id id = core::next_listener_id();
  const auto once = [id, called = std::make_shared<std::atomic_flag>(), of = std::weak_ptr(impl_),
                     handler = std::move(handler)](const std::shared_ptr<core::socket>& who) {
    if (called->test_and_set()) return;
    if (const auto still = of.lock()) nsp(still).off(id);
    handler(socket(who));
  };
  on_all_shards(impl_, [id, once](core::nsp& of) { of.connection_listeners.add(id, once); });
  return id;
}

void namespace_api::off() const {
  on_all_shards(impl_, [](core::nsp& of) { of.handlers.clear(); });
}

socketio::adapter& namespace_api::adapter() const noexcept { return impl_->group().adapter(); }

void namespace_api::off(std::string_view event) const {
  on_all_shards(impl_, [name = std::string(event)](core::nsp& of) { of.handlers.remove(name); });
}

void namespace_api::off(listener_id id) const {
  on_all_shards(impl_, [id](core::nsp& of) { of.remove_listener(id); });
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
  on_all_shards(impl_, [middleware = std::move(middleware)](core::nsp& of) {
    of.add_middleware(middleware);
  });
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

// The three that look at every shard without asking it.
std::vector<socket> namespace_api::local_sockets() const {
  std::vector<socket> list;
  nsp_group& all = impl_->group();
  all.each(all.everywhere(), [&](core::nsp& part, unsigned) {
    const std::lock_guard lock(part.membership());
    for (core::socket* one : part.connected()) list.emplace_back(one->shared_from_this());
  });
  return list;
}

std::size_t namespace_api::room_size(std::string_view room) const {
  std::size_t count = 0;
  nsp_group& all = impl_->group();
  all.each(all.everywhere(), [&](core::nsp& part, unsigned) {
    const std::lock_guard lock(part.membership());
    count += part.rooms().room_size(room);
  });
  return count;
}

std::vector<std::string> namespace_api::room_names() const {
  std::set<std::string> names;
  nsp_group& all = impl_->group();
  all.each(all.everywhere(), [&](core::nsp& part, unsigned) {
    const std::lock_guard lock(part.membership());
    for (std::string& name : part.rooms().room_names()) names.insert(std::move(name));
  });
  return {names.begin(), names.end()};
}

}  // namespace socketio
