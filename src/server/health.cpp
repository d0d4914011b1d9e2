// What probes and scrapers ask for: /healthz, /readyz, /metrics (SD-44, SD-45).
#include "server/prometheus.hpp"
#include "server/server_impl.hpp"
#include "server/shard.hpp"

namespace socketio {
namespace {

// A shard that has not turned for so long will not come back: a process that is restarted will.
constexpr std::chrono::seconds silence_max{10};
// How long a scrape waits for the walks of shards that are busy.
constexpr milliseconds walks_timeout{500};

std::string json_of(const value& what) { return what.to_string(); }

// An answer that several shards work for.
struct scrape {
  scrape(std::size_t shards, respond_function to) : left(shards), respond(std::move(to)) {}
  std::atomic<std::size_t> left;
  std::atomic<bool> answered{false};
  respond_function respond;
};

}  // namespace

http_response server::impl::health() const {
  const time_point now = clock::now();
  const auto uptime = std::chrono::floor<std::chrono::seconds>(now - began).count();
  for (const auto& one : shards) {
    const duration silence = one->since_last_beat(now);
    if (silence < silence_max) continue;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(silence).count();
    return http_response::json(
        503,
        json_of(value::map({{"status", "blocked"},
                            {"reason", "shard " + std::to_string(one->index) +
                                           " has not turned for " + std::to_string(seconds) + " s"},
                            {"uptime", uptime}})));
  }
  return http_response::json(
      200,
      json_of(value::map({{"status", "ok"}, {"uptime", uptime}, {"version", SOCKETIO_VERSION}})));
}

// Why the server is not ready; empty: it is.
std::string server::impl::unready() {
  if (is_leaving()) return "draining";
  if (addresses().empty()) return "not listening";
  for (const auto& [name, check] : ready_checks) {
    std::optional<std::string> why;
    try {
      why = check();
    } catch (...) {
      report_on_shard(std::current_exception(), "ready check " + name);
      why = "the check failed";
    }
    if (why) return name + ": " + *why;
  }
  return {};
}

http_response server::impl::readiness() {
  const std::string why = unready();
  if (why.empty()) return http_response::json(200, R"({"status":"ready"})");
  http_response answer =
      http_response::json(503, json_of(value::map({{"status", "not ready"}, {"reason", why}})));
  answer.headers.set("Cache-Control", "no-store");
  return answer;
}

// The walks first, as far as the shards have time for them.
void server::impl::answer_scrape(respond_function respond) {
  const auto asked = std::make_shared<scrape>(shards.size(), std::move(respond));
  const auto finish = [asked, of = weak_from_this()] {
    const auto self = of.lock();
    if (!self || asked->answered.exchange(true)) return;
    http_response answer;
    answer.headers.set("Content-Type", std::string(prometheus_text::content_type));
    answer.body = self->metrics();
    asked->respond(std::move(answer));
  };
  for (const auto& one : shards) {
    const auto walk = [asked, finish, where = one.get()] {
      where->measure();
      if (--asked->left == 0) finish();
    };
    if (one->loop->on_thread())
      walk();
    else if (!one->loop->post(walk) && --asked->left == 0)
      finish();
  }
  if (asked->left > 0)
    on_shard([finish](shard& of) { of.set_timeout(of.loop->exact_now() + walks_timeout, finish); });
}

void server::serve_metrics(std::string_view path) {
  routes().add("GET", path, [impl = impl_.get()](const http_request&, respond_function respond) {
    impl->answer_scrape(std::move(respond));
  });
}

void server::serve_health(std::string_view health, std::string_view ready) {
  routes().add("GET", health, [impl = impl_.get()](const http_request&) { return impl->health(); });
  routes().add("GET", ready,
               [impl = impl_.get()](const http_request&) { return impl->readiness(); });
}

void server::on_ready_check(std::string name, std::function<std::optional<std::string>()> check) {
  impl_->ready_checks.emplace_back(std::move(name), std::move(check));
}

std::string server::metrics() const { return impl_->metrics(); }

}  // namespace socketio
