// What the server has to say of the application's code: to its hooks, else to stderr.
#include "server/server_impl.hpp"
#include "server/shard.hpp"

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
  log->log(log_level::error, "exception", {{"where", where}, {"what", text}});
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
  log->log(log_level::warning, over ? "handler blocked its shard" : "handler blocks its shard",
           {{"handler", what.name}, {"nsp", what.nsp}, {"shard", index}, {"ms", time.count()}});
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
