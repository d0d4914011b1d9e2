#include "server/drain.hpp"

#include "core/nsp_group.hpp"
#include "server/shard.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace socketio {
namespace {

constexpr milliseconds look_interval{10};         // at what is still owed, and at who is left
constexpr std::chrono::seconds tell_interval{1};  // of the progress, in the log

}  // namespace

server::impl::drain_run::drain_run(impl& of, drain_options how)
    : server_(of), how_(std::move(how)) {}

void server::impl::drain_run::begin() {
  const milliseconds deadline = how_.deadline;
  const milliseconds last = std::min(server_.options.close_timeout, deadline / 2);
  began_ = told_at_ = next_batch_ = server_.first().loop->exact_now();
  grace_end_ = began_ + how_.grace;
  force_at_ = began_ + deadline - last;
  server_.cut_after = last;
  for (const auto& one : server_.shards) {
    const auto close_door = [where = one.get(), stop = how_.stop_listening] {
      where->refuse_newcomers(stop);
    };
    if (one->loop->on_thread())
      close_door();
    else
      one->loop->post(close_door);
  }
  server_.log->log(log_level::info, "drain begins",
                   {{"sessions", sessions()}, {"acknowledgements", owed()}});
  step_later(look_interval);
  tell_sockets();
}

void server::impl::drain_run::tell_sockets() {
  if (how_.notice_event.empty()) return;
  for (const auto& group : server_.namespaces.list()) {
    const nsp all(group->shared_part(0));
    server_.first().hub.guard("adapter", [&] {
      how_.notice.is_null() ? all.emit(how_.notice_event)
                            : all.emit(how_.notice_event, how_.notice);
    });
  }
}

void server::impl::drain_run::step_later(duration pause) {
  shard& first = server_.first();
  first.set_timeout(first.loop->exact_now() + pause, [self = shared_from_this()] { self->step(); });
}

// The first look is a turn later at the earliest: what was in the kernel then is read by now, and
// what handlers have begun is known.
void server::impl::drain_run::step() {
  if (ended_) return;
  const time_point now = server_.first().loop->exact_now();
  if (now >= force_at_) return finish("deadline");
  if (!closing_) {
    if (owed() > 0 && now < grace_end_) return step_later(look_interval);
    closing_ = true;
    next_batch_ = now;
    server_.log->log(log_level::info, "drain closes sessions",
                     {{"sessions", sessions()}, {"acknowledgements", owed()}});
  }
  if (sessions() == 0) return finish("nobody is left");
  if (now >= next_batch_) {
    close_batch();
    next_batch_ = now + next_pause();
  }
  if (now - told_at_ >= tell_interval) {
    told_at_ = now;
    server_.log->log(log_level::info, "drain goes on",
                     {{"sessions", sessions()}, {"closed", server_.drained.load()}});
  }
  step_later(
      std::min<duration>(std::max<duration>(next_batch_ - now, milliseconds(1)), look_interval));
}

// Each shard gets its part by the number of its sessions; what is left of the division goes round.
void server::impl::drain_run::close_batch() {
  const std::uint64_t all = sessions();
  if (all == 0) return;
  const std::size_t count = server_.shards.size();
  std::size_t left = how_.batch_size;
  for (std::size_t i = 0; i < count && left > 0; i++) {
    shard& where = *server_.shards[(first_shard_ + i) % count];
    const std::uint64_t its = where.session_count();
    const auto fair = static_cast<std::size_t>((its * how_.batch_size + all - 1) / all);
    const std::size_t part = std::min({left, fair, static_cast<std::size_t>(its)});
    left -= part;
    if (part == 0) continue;
    const auto let_go = [&where, part, self = shared_from_this()] {
      self->server_.drained += where.engine->let_go(part);
    };
    if (where.loop->on_thread())
      let_go();
    else
      where.loop->post(let_go);
  }
  first_shard_ = (first_shard_ + 1) % count;
}

duration server::impl::drain_run::next_pause() {
  std::array<std::byte, 4> bytes{};
  server_.first().random.fill(bytes);
  std::uint32_t bits = 0;
  std::memcpy(&bits, bytes.data(), sizeof bits);
  const double chance = static_cast<double>(bits) / 0xffffffffu * 2 - 1;  // -1 to 1
  const double interval = static_cast<double>(duration(how_.batch_interval).count());
  return duration(static_cast<duration::rep>(interval * (1 + how_.jitter * chance)));
}

void server::impl::drain_run::finish(const char* why) {
  ended_ = true;
  const std::uint64_t left = sessions();
  server_.log->log(left > 0 ? log_level::warning : log_level::info, "drain ends",
                   {{"why", why}, {"sessions", left}, {"closed", server_.drained.load()}});
  server_.close({});
}

// Acknowledgements that clients owe us, and that our handlers owe them.
std::uint64_t server::impl::drain_run::owed() const {
  std::int64_t open = 0;
  for (const auto& group : server_.namespaces.list())
    group->each(group->everywhere(), [&open](const core::nsp& part, unsigned) {
      open += part.open_answers.load(std::memory_order_relaxed);
    });
  return server_.counters().pending_acks +
         static_cast<std::uint64_t>(std::max<std::int64_t>(open, 0));
}

std::uint64_t server::impl::drain_run::sessions() const {
  std::uint64_t count = 0;
  for (const auto& one : server_.shards) count += one->session_count();
  return count;
}

}  // namespace socketio
