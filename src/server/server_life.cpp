// How a server runs and ends: the first shard waits for the others.
#include "server/server_impl.hpp"
#include "server/shard.hpp"

#include <atomic>
#include <cstdio>
#include <future>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace socketio {

void server::impl::run() {
  if (on_any_shard()) throw std::logic_error("server::run() inside one of its own handlers");
  const std::lock_guard running(running_);
  if (closed_) return;
  prepare();
  std::promise<bool> all_there;  // nothing runs before
  std::vector<std::thread> others;
  try {
    for (const auto go = all_there.get_future().share(); others.size() + 1 < shards.size();)
      others.emplace_back([one = shards[others.size() + 1].get(), go] {
        if (go.get()) one->run();
      });
  } catch (...) {
    all_there.set_value(false);
    for (std::thread& one : others) one.join();
    throw;
  }
  const auto watching = watch();
  all_there.set_value(true);
  first().run();
  for (std::thread& one : others) one.join();
}

// To the end, on this thread: after close(), when there are no threads to be had. The first is the
// last, because it waits for the others.
void server::impl::run_one_by_one() {
  const std::lock_guard running(running_);
  for (std::size_t i = shards.size() - 1; i > 0; i--) {
    shard& one = *shards[i];
    const auto stop = [loop = one.loop] { loop->post([loop] { loop->stop(); }); };
    one.loop->post([&one, stop] { one.close(stop); });
    one.run();
  }
  first().run();
}

void server::impl::close(std::function<void()> done) {
  const bool posted = first().loop->post([self = shared_from_this(), done] {
    if (done) self->when_closed(done);
    self->close_shards();
  });
  if (!posted && done) first().hub.guard("close", done);
}

void server::impl::when_closed(std::function<void()> done) {
  if (closed_) return done();
  closed_listeners_.push_back(std::move(done));
}

// On the first shard, which waits for the others.
void server::impl::close_shards() {
  if (closed_ || std::exchange(closing_, true)) return;
  leaving_ = true;
  log->log(log_level::info, "closing", {{"connections", counters().http_connections}});
  signals.reset();
  drain_signals.reset();
  reload_signals.reset();
  shards_left_ = shards.size() + 1;
  const auto closed = [this] { first().loop->post([this] { on_shard_closed(); }); };
  await_adapters(closed);
  for (const auto& one : shards) {
    if (one->loop->on_thread())
      one->close(closed);
    else if (!one->loop->post([closing = one.get(), closed] { closing->close(closed); }))
      closed();
  }
}

// The adapters are one more that is waited for, but not for ever: they may have a network of their
// own.
void server::impl::await_adapters(std::function<void()> closed) {
  const auto waiting = std::make_shared<std::atomic<bool>>(true);
  const auto once = [of = weak_from_this(), waiting, closed = std::move(closed)] {
    if (const auto still = of.lock(); still && waiting->exchange(false)) closed();
  };
  namespaces.when_closed(once);
  first().set_timeout(first().loop->exact_now() + options.close_timeout, once);
}

void server::impl::on_shard_closed() {
  if (--shards_left_ > 0) return;
  closed_ = true;
  log->log(log_level::info, "closed", {});
  for (const auto& told : std::exchange(closed_listeners_, {})) first().hub.guard("close", told);
  // A turn later: what closed is told first.
  for (const auto& one : shards) one->loop->post([alive = one->loop] { alive->stop(); });
}

bool server::impl::on_any_shard() const noexcept {
  for (const auto& one : shards)
    if (one->loop->on_thread()) return true;
  return false;
}

// In turn: the kernel does not spread these.
server::impl::shard& server::impl::next_for_adoption() noexcept {
  return *shards[adopted_.fetch_add(1, std::memory_order_relaxed) % shards.size()];
}

// The end of the server: as close(), and what runs is waited for.
void server::impl::shut_down() {
  if (on_any_shard()) {  // what runs is the caller: there is nothing to come back to
    std::fputs(
        "socketio: a server was destroyed inside one of its own handlers; destroy it after "
        "run() has returned\n",
        stderr);
    std::terminate();
  }
  close({});
  try {
    run();  // after another thread's run() has returned; at once when there was none
  } catch (const std::system_error&) {
    run_one_by_one();
  }
}

// A task may wait for longer than the server lives.
detail::detached server::impl::run_task(std::weak_ptr<impl> of, task<> work) {
  try {
    co_await work;
  } catch (...) {
    if (const auto still = of.lock()) still->report_on_shard(std::current_exception(), "task");
  }
}

server_counters server::impl::counters() const {
  server_counters out;
  for (const auto& one : shards) one->add_counters(out);
  out.handlers_blocked = handlers_blocked_.load(std::memory_order_relaxed);
  out.turns_blocked = turns_blocked_.load(std::memory_order_relaxed);
  return out;
}

}  // namespace socketio
