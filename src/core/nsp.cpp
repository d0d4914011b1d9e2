#include "core/nsp.hpp"

#include "core/broadcast_ack.hpp"
#include "core/client.hpp"
#include "core/hub.hpp"
#include "core/nsp_group.hpp"
#include "core/parent.hpp"
#include "core/recovery.hpp"
#include "core/socket.hpp"

namespace socketio::core {

nsp::nsp(hub& of, nsp_group& whole)
    : group_(whole),
      index_(of.index()),
      hub_(&of),
      shard_(of.shared_shard()),
      running_(shard_->running),
      rooms_(*this) {
  if (of.options().recovery)
    recovery_ = std::make_unique<core::recovery>(*this, *of.options().recovery);
}

nsp::~nsp() = default;

std::size_t id_hash::operator()(const socket* who) const noexcept { return (*this)(who->id()); }
bool same_id::operator()(const session_id& id, const socket* who) const noexcept {
  return id == who->id();
}
bool same_id::operator()(const socket* who, const session_id& id) const noexcept {
  return id == who->id();
}

const std::string& nsp::name() const noexcept { return group_.name(); }
std::shared_ptr<nsp> nsp::shared_from_this() const { return group_.shared_part(index_); }

// Ids of several shards must not meet in one socket: each counts in steps of its own.
std::uint64_t nsp::next_ack_id() noexcept {
  const std::uint64_t count = next_ack_id_++;
  return group_.spread() ? count * (group_.size() + 1) + index_ : count;
}

// Both parts belong to one shard.
void nsp::begin() {
  if (std::exchange(begun_, true) || !hub_) return;
  if (group_.parent()) take_over();
  if (hub_->on_begun) hub_->on_begun(*this);
}

void nsp::take_over() {
  nsp& from = group_.parent()->group().part(index_);
  middlewares_ = from.middlewares_;
  each_list(from, [](auto& mine, const auto& of) { mine.take_over(of); });
}

// ---- membership

void nsp::join(socket& who, std::span<const std::string> rooms) {
  if (group_.plain()) return rooms_.add_all(who, rooms);
  guard("adapter",
        [&] { group_.adapter().add_all(socketio::socket(who.shared_from_this()), rooms); });
}
void nsp::leave(socket& who, std::string_view room) {
  if (group_.plain()) return rooms_.del(who, room);
  guard("adapter", [&] { group_.adapter().del(socketio::socket(who.shared_from_this()), room); });
}
void nsp::leave_all(socket& who) {
  if (!group_.plain())
    guard("adapter", [&] { group_.adapter().del_all(socketio::socket(who.shared_from_this())); });
  rooms_.del_all(who);  // whatever that did: the rooms would go on to point to it
}

// ---- joining

// The middlewares that were there when the client came (NS-11); `from` may go away while one of
// them takes its time.
struct nsp::chain {
  std::shared_ptr<nsp> of;
  std::shared_ptr<socket> who;
  std::shared_ptr<const middleware_list> middlewares;
  std::size_t next = 0;
};

void nsp::add_middleware(detail::namespace_middleware middleware) {
  auto more = middlewares_ ? std::make_shared<middleware_list>(*middlewares_)
                           : std::make_shared<middleware_list>();
  more->push_back(std::move(middleware));
  middlewares_ = std::move(more);
}

void nsp::connect(client& from, std::string_view auth) {
  const auto who = std::make_shared<socket>(*this, from, hub_->ids().next(), auth);
  from.on_connecting(who);
  if (!recovery_) return admit(who);
  connecting_.insert(who.get());
  recovery_->begin(who, auth);
}

void nsp::admit(const std::shared_ptr<socket>& who) {
  if (!middlewares_ || (recovery_ && recovery_->skips_middlewares(*who))) return on_passed(who);
  connecting_.insert(who.get());
  run_middleware(std::make_shared<chain>(chain{shared_from_this(), who, middlewares_, 0}));
}

void nsp::run_middleware(std::shared_ptr<chain> of) {
  if (of->who->current() != socket::state::connecting) return;  // the client went away (NS-13)
  if (of->next == of->middlewares->size()) return on_passed(of->who);
  const auto& middleware = (*of->middlewares)[of->next++];
  const next_fn next([of](std::optional<connect_error> why) {
    const auto step = [of, why = std::move(why)] {
      if (of->who->current() != socket::state::connecting) return;
      if (why)
        of->of->on_refused(of->who, *why);
      else
        of->of->run_middleware(of);
    };
    if (of->of->shard()->on_thread())
      step();
    else
      of->of->shard()->post(step);
  });
  try {
    const activity::scope running(&running_, {"middleware", name()});
    middleware(socketio::socket(of->who), next);
  } catch (const connect_error& why) {
    next(why);
  } catch (...) {
    hub_->report(std::current_exception(), "middleware");
    next(connect_error("internal error"));
  }
}

void nsp::on_passed(const std::shared_ptr<socket>& who) {
  if (!hub_ || who->current() != socket::state::connecting) return;
  client* from = who->from();
  connecting_.erase(who.get());
  {
    const std::lock_guard lock(membership_);
    by_id_.insert(who.get());
  }
  hub_->counters().sockets.add();
  hub_->counters().connects_total.add();
  const std::string own_room(who->public_id());
  if (who->recovering())
    join(*who, recovery_->on_passed(*who));
  else
    join(*who, {&own_room, 1});  // RM-04
  who->connected_index = static_cast<std::uint32_t>(connected_.size());
  {
    const std::lock_guard lock(membership_);
    connected_.push_back(who.get());
  }
  if (connected_.size() == 1) group_.set_populated(index_, true);
  if (shard_->log->debugs(debug_name::nsp)) [[unlikely]]
    shard_->log->debug(debug_name::nsp, "socket joins",
                       {{"id", who->id().view()}, {"nsp", name()}, {"sid", who->connection_id()}});
  who->on_joined();
  from->on_joined();
  connection_listeners.call([this](auto&& run) { hub_->guard("on_connection", run, name()); }, who);
}

void nsp::on_refused(const std::shared_ptr<socket>& who, const connect_error& why) {
  hub_->counters().refused_total.add();
  if (shard_->log->debugs(debug_name::nsp)) [[unlikely]]
    shard_->log->debug(debug_name::nsp, "socket is refused",
                       {{"id", who->id().view()}, {"nsp", name()}, {"reason", why.message()}});
  who->on_refused(why);
}

void nsp::on_dropped(socket& who) {
  connecting_.erase(&who);
  group_.leave();
}

void nsp::on_socket_leaving(socket& who) {
  const std::lock_guard lock(membership_);
  connected_[who.connected_index] = connected_.back();
  connected_[who.connected_index]->connected_index = who.connected_index;
  connected_.pop_back();
  if (connected_.empty()) group_.set_populated(index_, false);
}

void nsp::on_socket_left(socket& who) {
  {
    const std::lock_guard lock(membership_);
    by_id_.erase(&who);
  }
  hub_->counters().sockets.sub();
  group_.leave();
}

void nsp::report_invalid(const std::shared_ptr<socket>& from, const invalid_arguments& what) {
  hub_->counters().invalid_arguments.add();
  invalid_listeners.call([this](auto&& run) { hub_->guard("on_invalid", run, name()); }, from,
                         what);
}

socket* nsp::find(const session_id& id) const noexcept {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : *found;
}

void nsp::report(std::exception_ptr what, std::string_view where) noexcept {
  if (shard_->on_thread()) {
    if (hub_) hub_->report(what, where);
    return;
  }
  try {
    shard_->post([self = shared_from_this(), what = std::move(what), where = std::string(where)] {
      if (self->hub_) self->hub_->report(what, where);
    });
  } catch (...) {  // no memory
  }
}

bool nsp::first_call(listener_id once) { return group_.first_call(once); }

void nsp::remove_listener(listener_id id) {
  each_list(*this, [id](auto& list, auto&) { list.remove(id); });
}

void nsp::close() {
  if (!hub_) return;
  const auto alive = shared_from_this();
  if (recovery_) recovery_->close();
  std::vector<std::shared_ptr<socket>> all;
  for (socket* one : connecting_) all.push_back(one->shared_from_this());
  for (const auto& one : all)
    if (one->current() == socket::state::connecting) one->drop_before_connect();
  all.clear();
  for (socket* one : connected_) all.push_back(one->shared_from_this());
  for (const auto& one : all)
    one->leave_namespace({reason::server_shutting_down, cause::server_close, {}});
  clear_listeners();
  end_asking();  // while there is somebody to report to
  hub_ = nullptr;
  end_asking();  // what those began who were told
  group_.on_part_closed();
}

// Handlers capture what the application likes; they end with the server, not with the last handle.
void nsp::clear_listeners() {
  middlewares_.reset();
  each_list(*this, [](auto& list, auto&) { list.clear(); });
}

// What waits for other shards: nobody here would hear of them any more.
void nsp::end_asking() {
  for (const auto& one : std::exchange(asking_, {})) one->on_home_closed();
}

}  // namespace socketio::core
