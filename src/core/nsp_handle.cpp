// The public handles of namespaces and broadcasts: every call goes to the shards that it concerns,
// directly where the caller is already there.
#include "core/broadcast_ack.hpp"
#include "core/hub.hpp"
#include "core/nsp_group.hpp"
#include "core/posted_bytes.hpp"
#include "core/receiver_in_transit.hpp"
#include "core/socket.hpp"
#include "socketio/nsp.hpp"

#include <algorithm>
#include <bit>
#include <iterator>
#include <mutex>
#include <set>

namespace socketio {
namespace {

using core::nsp_group, core::shard_set, core::only;

// Runs `work(core::nsp&)` on each of the shards: posted, and at last at once on the shard of the
// caller. So what one caller does reaches each shard in the order of the calls. False when a shard
// takes nothing any more.
template <class Work>
bool on_shards(nsp_group& all, shard_set which, const Work& work) {
  bool accepted = true;
  core::nsp* here = nullptr;
  all.each(which, [&](core::nsp& part, unsigned shard) {
    if (part.shard()->on_thread()) {
      here = &part;
      return;
    }
    accepted &= part.shard()->post([kept = all.shared_part(shard), work]() mutable {
      if (kept->owner()) work(*kept);
    });
  });
  if (!here) return accepted;
  if (!here->owner()) return false;
  auto once = work;
  once(*here);
  return accepted;
}

template <class Work>
bool on_all_shards(const std::shared_ptr<core::nsp>& impl, const Work& work) {
  return impl && on_shards(impl->group(), impl->group().everywhere(), work);
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

namespace {

// A broadcast on its way to other shards: encoded once, for all of them.
struct posted_broadcast {
  posted_broadcast(const broadcast_target& target, const payload& what)
      : to(target), event(keep(what)) {
    for (const binary& bytes : event->attachments) attachments.push_back(bytes.bytes());
    if (to.nsp->group().deflates()) deflated = std::make_shared<wire::deflated_messages>();
  }
  core::broadcast_packet packet() const { return {event->text, attachments, deflated}; }

  broadcast_target to;
  std::shared_ptr<const kept_event> event;
  std::vector<std::span<const std::byte>> attachments;
  std::shared_ptr<wire::deflated_messages> deflated;
};

// Calls `send(core::nsp&, target, packet)` on every shard of `reached`, on that of the caller at
// once and last. `send.missed(why)` is called for those that do not take it, there or here, and
// what the caller sees of that makes it false.
template <class Send>
bool spread(const broadcast_target& to, shard_set reached, payload& what, const Send& send) {
  bool accepted = true;
  nsp_group& all = to.nsp->group();
  std::shared_ptr<const posted_broadcast> kept;
  core::nsp* here = nullptr;
  all.each(reached, [&](core::nsp& part, unsigned shard) {
    if (part.shard()->on_thread()) {
      here = &part;
      return;
    }
    if (!kept) kept = std::make_shared<posted_broadcast>(to, what);
    const auto work = [alive = all.shared_part(shard), kept, send] {
      if (!alive->owner()) return send.missed(errc::disconnected);
      send(*alive, kept->to, kept->packet());
    };
    const post_outcome outcome = part.shard()->post_event(work, core::posted_bytes(what));
    if (outcome == post_outcome::queued) return;
    accepted = false;
    send.missed(outcome == post_outcome::refused ? errc::refused : errc::disconnected);
  });
  if (!here) return accepted;
  if (here->owner()) {
    send(*here, to, {what.text(), what.attachments(), kept ? kept->deflated : nullptr});
    return accepted;
  }
  send.missed(errc::disconnected);
  return false;
}

struct to_send {
  void operator()(core::nsp& part, const broadcast_target& to,
                  const core::broadcast_packet& packet) const {
    part.adapter().broadcast(packet, options_of(to));
  }
  void missed(errc) const noexcept {}
};

struct to_ask {
  void operator()(core::nsp& part, const broadcast_target& to,
                  const core::broadcast_packet& packet) const {
    part.adapter().broadcast_with_ack(packet, options_of(to), collector);
  }
  void missed(errc why) const { collector->on_refused(why); }
  std::shared_ptr<core::broadcast_ack> collector;
};

}  // namespace

bool broadcast(const broadcast_target& to, payload& what) {
  return to.nsp && spread(to, to.nsp->group().reach(to.rooms), what, to_send());
}

void broadcast_with_ack(const broadcast_target& to, payload& what,
                        std::unique_ptr<broadcast_receiver> answers) {
  auto in_transit =
      std::make_shared<core::receiver_in_transit<broadcast_receiver>>(std::move(answers));
  if (!to.nsp) return;
  nsp_group& all = to.nsp->group();
  core::nsp& home = all.home();
  const shard_set reached = all.reach(to.rooms);
  const bool at_home = home.shard()->on_thread();
  if (at_home && !home.owner()) return;
  const auto collector = std::make_shared<core::broadcast_ack>(
      home, static_cast<std::size_t>(std::popcount(reached)), in_transit->take());
  const auto start = [collector, limit = to.flags.timeout](core::nsp& of) {
    collector->start(limit.value_or(of.owner()->options().broadcast_ack_timeout));
  };
  if (!on_shards(all, only(home.index()), start)) return;
  spread(to, reached, what, to_ask{collector});
}

namespace {

// The answers of the shards to one fetch_sockets(); lives at home.
struct sockets_gathering {
  sockets_gathering(core::nsp& at, std::size_t shards,
                    std::function<void(std::vector<remote_socket>)> done)
      : home(at.shared_from_this()),
        shards_left(shards),
        receiver(std::make_unique<core::sockets_receiver>(std::move(done))) {}

  void take(std::vector<remote_socket> some) {
    std::ranges::move(some, std::back_inserter(found));
    if (--shards_left > 0) return;
    const auto tell = receiver.take();
    home->guard("fetch_sockets", [&] { (*tell)(std::move(found)); });
  }

  std::shared_ptr<core::nsp> home;
  std::size_t shards_left;
  std::vector<remote_socket> found;
  core::receiver_in_transit<core::sockets_receiver> receiver;
};

}  // namespace

void fetch_sockets(const broadcast_target& of,
                   std::function<void(std::vector<remote_socket>)> done) {
  if (!of.nsp) return done({});
  nsp_group& all = of.nsp->group();
  // An empty set would leave nobody to say that there is nobody.
  const shard_set reached = all.reach(of.rooms) | only(all.home().index());
  const auto gathering = std::make_shared<sockets_gathering>(
      all.home(), static_cast<std::size_t>(std::popcount(reached)), std::move(done));
  on_shards(all, reached, [of, gathering](core::nsp& part) {
    part.adapter().fetch_sockets(options_of(of), [&](std::vector<remote_socket> some) {
      executor& home = *gathering->home->shard();
      if (home.on_thread()) return gathering->take(std::move(some));
      home.post(
          [gathering, some = std::move(some)]() mutable { gathering->take(std::move(some)); });
    });
  });
}

void sockets_join(const broadcast_target& which, std::vector<std::string> rooms) {
  if (!which.nsp) return;
  nsp_group& all = which.nsp->group();
  const shard_set reached = all.reach(which.rooms);
  // Whoever emits to these rooms next must reach whoever is about to join them.
  if (all.spread())
    for (const std::string& room : rooms) all.rooms.hold(room, reached);
  const auto join = [which, rooms](core::nsp& part) {
    if (part.owner()) part.adapter().add_sockets(options_of(which), rooms);
    if (!part.group().spread()) return;
    for (const std::string& room : rooms) part.group().rooms.release(room, part.index());
  };
  core::nsp* here = nullptr;
  all.each(reached, [&](core::nsp& part, unsigned shard) {
    if (part.shard()->on_thread())
      here = &part;
    else
      part.shard()->post([alive = all.shared_part(shard), join] { join(*alive); });
  });
  if (here) join(*here);
}

void sockets_leave(const broadcast_target& which, std::vector<std::string> rooms) {
  if (!which.nsp) return;
  nsp_group& all = which.nsp->group();
  on_shards(all, all.reach(which.rooms), [which, rooms = std::move(rooms)](core::nsp& of) {
    of.adapter().del_sockets(options_of(which), rooms);
  });
}

void disconnect_sockets(const broadcast_target& which, bool close) {
  if (!which.nsp) return;
  nsp_group& all = which.nsp->group();
  on_shards(all, all.reach(which.rooms), [which, close](core::nsp& of) {
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
