#include "core/delivery.hpp"

#include "core/broadcast_ack.hpp"
#include "core/hub.hpp"
#include "core/posted_bytes.hpp"
#include "core/receiver_in_transit.hpp"
#include "core/recovery.hpp"
#include "core/socket.hpp"

#include <algorithm>
#include <bit>
#include <iterator>

namespace socketio::core {
namespace {

// Options on their way to another thread.
struct kept_options {
  explicit kept_options(const broadcast_options& of)
      : rooms(of.rooms.begin(), of.rooms.end()),
        except(of.except.begin(), of.except.end()),
        flags(of.flags) {}
  broadcast_options view() const { return {rooms, except, flags}; }

  std::vector<std::string> rooms, except;
  detail::emit_flags flags;
};

// A broadcast on its way to other shards: encoded once, for all of them.
struct posted_broadcast {
  posted_broadcast(const broadcast_packet& what, const broadcast_options& options, bool deflates)
      : to(options), text(what.arguments) {
    if (deflates) deflated = std::make_shared<wire::deflated_messages>();
    for (const auto& bytes : what.attachments) blocks.emplace_back(bytes);
    for (const binary& bytes : blocks) attachments.push_back(bytes.bytes());
  }
  broadcast_packet packet() const { return {text, attachments}; }

  kept_options to;
  std::string text;
  std::vector<binary> blocks;
  std::vector<std::span<const std::byte>> attachments;
  local_adapter::deflated_elsewhere deflated;
};

// Calls `send(nsp&, packet, options, deflated)` on every shard of `reached`, on that of the caller
// at once and last. `send.missed(why)` is called for those that do not take it, there or here, and
// what the caller sees of that makes it false. `order` is let go before the caller's own shard is
// told.
template <class Send>
bool spread(nsp_group& all, shard_set reached, const broadcast_packet& what,
            const broadcast_options& to, const Send& send,
            std::unique_lock<std::mutex> order = {}) {
  bool accepted = true;
  std::shared_ptr<const posted_broadcast> kept;
  nsp* here = nullptr;
  all.each(reached, [&](nsp& part, unsigned shard) {
    if (part.shard()->on_thread()) {
      here = &part;
      return;
    }
    if (!kept) kept = std::make_shared<posted_broadcast>(what, to, all.deflates());
    const auto work = [alive = all.shared_part(shard), kept, send] {
      if (!alive->owner()) return send.missed(errc::disconnected);
      send(*alive, kept->packet(), kept->to.view(), kept->deflated);
    };
    const auto bytes = posted_bytes(what.arguments, what.attachments);
    const post_outcome outcome = part.shard()->post_event(work, bytes);
    if (outcome == post_outcome::queued) return;
    accepted = false;
    send.missed(outcome == post_outcome::refused ? errc::refused : errc::disconnected);
  });
  if (order) order.unlock();
  if (!here) return accepted;
  if (here->owner()) {
    send(*here, what, to, kept ? kept->deflated : nullptr);
    return accepted;
  }
  send.missed(errc::disconnected);
  return false;
}

struct to_send {
  void operator()(nsp& part, const broadcast_packet& what, const broadcast_options& to,
                  const local_adapter::deflated_elsewhere& deflated) const {
    if (part.recovery()) part.recovery()->on_crossing(way);
    part.rooms().broadcast(what, to, deflated, way);
  }
  void missed(errc) const noexcept {}
  crossing way;
};

// For recovery: what crosses from one shard to another is numbered, and posted in that order. What
// reaches the caller's shard alone does not cross.
bool deliver_in_order(nsp_group& all, const broadcast_packet& what, const broadcast_options& to) {
  const nsp& home = all.home();
  const bool on_shard = home.shard()->on_thread();
  if (on_shard && all.reach(to.rooms) == only(home.index()))
    return spread(all, only(home.index()), what, to, to_send());
  std::unique_lock order(all.recovery()->order());
  const crossing way{all.recovery()->next_number(),
                     on_shard ? home.index() : crossing::from_outside};
  const shard_set reached = all.reach(to.rooms);
  return spread(all, reached, what, to, to_send{way}, std::move(order));
}

struct to_ask {
  void operator()(nsp& part, const broadcast_packet& what, const broadcast_options& to,
                  const local_adapter::deflated_elsewhere& deflated) const {
    part.rooms().broadcast_with_ack(what, to, collector, deflated);
  }
  void missed(errc why) const { collector->on_refused(why); }
  std::shared_ptr<broadcast_ack> collector;
};

// What the shards find for one question; lives at home, where `done` is told.
template <class Found>
struct gathering {
  using receiver_type = std::function<void(std::vector<Found>)>;
  gathering(nsp& at, std::size_t shards, receiver_type done)
      : home(at.shared_from_this()),
        shards_left(shards),
        receiver(std::make_unique<receiver_type>(std::move(done))) {}

  void take(std::vector<Found> some) {
    std::ranges::move(some, std::back_inserter(found));
    if (--shards_left > 0) return;
    const auto tell = receiver.take();
    home->guard("fetch_sockets", [&] { (*tell)(std::move(found)); });
  }

  std::shared_ptr<nsp> home;
  std::size_t shards_left;
  std::vector<Found> found;
  receiver_in_transit<receiver_type> receiver;
};

// Asks each shard that the options may concern: `look(nsp&, options)` returns what it finds.
template <class Found, class Look>
void gather(nsp_group& all, const broadcast_options& of,
            std::function<void(std::vector<Found>)> done, const Look& look) {
  // An empty set would leave nobody to say that there is nobody.
  const shard_set reached = all.reach(of.rooms) | only(all.home().index());
  const auto results = std::make_shared<gathering<Found>>(
      all.home(), static_cast<std::size_t>(std::popcount(reached)), std::move(done));
  on_shards(all, reached, [options = kept_options(of), results, look](nsp& part) {
    auto some = look(part, options.view());
    executor& home = *results->home->shard();
    if (home.on_thread()) return results->take(std::move(some));
    home.post([results, some = std::move(some)]() mutable { results->take(std::move(some)); });
  });
}

}  // namespace

bool deliver(nsp_group& all, const broadcast_packet& what, const broadcast_options& to) {
  if (all.recovery() && all.spread() && !to.flags.is_volatile)
    return deliver_in_order(all, what, to);
  return spread(all, all.reach(to.rooms), what, to, to_send());
}

void ask(nsp_group& all, shard_set which, const broadcast_packet& what, const broadcast_options& to,
         const std::shared_ptr<broadcast_ack>& answers) {
  spread(all, which, what, to, to_ask{answers});
}

// The collector waits for one more, ourselves, until `send` has said whom it has asked.
void ask_everybody(nsp_group& all, const broadcast_packet& what, const broadcast_options& to,
                   std::unique_ptr<detail::broadcast_receiver> answers, const asking& send) {
  const auto in_transit =
      std::make_shared<receiver_in_transit<detail::broadcast_receiver>>(std::move(answers));
  nsp& home = all.home();
  if (home.shard()->on_thread() && !home.owner()) return;
  const auto collector = std::make_shared<broadcast_ack>(home, 1, in_transit->take());
  const auto start = [collector, limit = to.flags.timeout](nsp& of) {
    collector->start(limit.value_or(of.owner()->options().broadcast_ack_timeout));
  };
  if (!on_shards(all, only(home.index()), start)) return;
  send(collector, what, to);
  collector->on_asked({}, {});
}

void fetch_sockets(nsp_group& all, const broadcast_options& of,
                   std::function<void(std::vector<remote_socket>)> done) {
  gather<remote_socket>(all, of, std::move(done), [](nsp& part, const broadcast_options& options) {
    return part.rooms().fetch_sockets(options);
  });
}

void fetch_ids(nsp_group& all, const broadcast_options& of,
               std::function<void(std::vector<std::string>)> done) {
  gather<std::string>(all, of, std::move(done), [](nsp& part, const broadcast_options& options) {
    return part.rooms().sockets(options);
  });
}

void add_sockets(nsp_group& all, const broadcast_options& which,
                 std::span<const std::string> rooms) {
  const shard_set reached = all.reach(which.rooms);
  // Whoever emits to these rooms next must reach whoever is about to join them.
  if (all.spread())
    for (const std::string& room : rooms) all.rooms.hold(room, reached);
  const auto join = [options = kept_options(which),
                     names = std::vector<std::string>(rooms.begin(), rooms.end())](nsp& part) {
    if (part.owner()) part.rooms().add_sockets(options.view(), names);
    if (!part.group().spread()) return;
    for (const std::string& room : names) part.group().rooms.release(room, part.index());
  };
  nsp* here = nullptr;
  all.each(reached, [&](nsp& part, unsigned shard) {
    if (part.shard()->on_thread())
      here = &part;
    else
      part.shard()->post([alive = all.shared_part(shard), join] { join(*alive); });
  });
  if (here) join(*here);
}

void del_sockets(nsp_group& all, const broadcast_options& which,
                 std::span<const std::string> rooms) {
  on_shards(
      all, all.reach(which.rooms),
      [options = kept_options(which), names = std::vector<std::string>(rooms.begin(), rooms.end())](
          nsp& part) { part.rooms().del_sockets(options.view(), names); });
}

void disconnect_sockets(nsp_group& all, const broadcast_options& which, bool close) {
  on_shards(all, all.reach(which.rooms), [options = kept_options(which), close](nsp& part) {
    part.rooms().disconnect_sockets(options.view(), close);
  });
}

}  // namespace socketio::core
