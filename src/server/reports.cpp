// What the server has to say of the application's code: to its hooks, else to stderr.
#include "server/server_impl.hpp"
#include "server/shard.hpp"

#include <cstdio>

namespace socketio {

void server::impl::report(std::exception_ptr what, std::string_view where) noexcept {
  if (on_exception) {
    try {
      on_exception(what, where);
    } catch (...) {  // an error handler that throws has nobody left to tell
    }
    return;
  }
  std::string text = "unknown exception";
  try {
    std::rethrow_exception(what);
  } catch (const std::exception& error) {
    text = error.what();
  } catch (...) {
  }
  std::fprintf(stderr, "socketio: exception in %.*s: %s\n", static_cast<int>(where.size()),
               where.data(), text.c_str());
}

void server::impl::report_on_shard(std::exception_ptr what, std::string_view where) noexcept {
  try {
    on_shard([what = std::move(what), where = std::string(where)](shard& of) {
      of.hub.report(what, where);
    });
  } catch (...) {  // no memory
  }
}

// On the watchdog's thread; what is over also on the shard.
void server::impl::report_blocked(unsigned index, const activity::call& what, bool over) noexcept {
  using std::chrono::duration_cast;
  if (!over)
    (what.is_turn ? turns_blocked_ : handlers_blocked_).fetch_add(1, std::memory_order_relaxed);
  const auto time = duration_cast<milliseconds>(what.until - what.since);
  if (on_blocked) {
    try {
      on_blocked({what.name, what.nsp, index, time, over});
    } catch (...) {  // as for on_error
    }
    return;
  }
  std::fprintf(stderr, "socketio: \"%s\"%s%s %s shard %u for %lld ms%s\n", what.name.c_str(),
               what.nsp.empty() ? "" : " in namespace ", what.nsp.c_str(),
               over ? "blocked" : "has blocked", index, static_cast<long long>(time.count()),
               over ? "" : " and still does");
}

std::unique_ptr<watchdog> server::impl::watch() noexcept {
  if (options.blocked_after.count() == 0) return nullptr;
  std::vector<activity*> all;
  try {
    for (const auto& one : shards) all.push_back(&one->loop->running);
    const auto tell = [this](unsigned index, const activity::call& what, bool over) {
      report_blocked(index, what, over);
    };
    return std::make_unique<watchdog>(std::move(all), options.blocked_after, tell);
  } catch (...) {  // it works without
    report(std::current_exception(), "watchdog");
    return nullptr;
  }
}

}  // namespace socketio
