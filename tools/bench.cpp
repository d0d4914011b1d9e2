// socketio bench: keeps events with acknowledgements in flight on many connections, for some time,
// and says how long the answers took and what sending and receiving cost this process.
#include "base/client_url.hpp"
#include "socketio/client.hpp"
#include "tools/commands.hpp"
#include "tools/options.hpp"
#include "tools/runner.hpp"
#include "tools/terminal.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace socketio::tools {
namespace {

using clock = std::chrono::steady_clock;

struct bench_options {
  server_options server;
  std::string nsp, event = "echo";
  std::size_t connections = 10, window = 1, bytes = 32;
  double seconds = 5;
};

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

class load {
 public:
  explicit load(const bench_options& asked)
      : asked_(asked), out_(asked.server.json, !asked.server.no_colour), text_(asked.bytes, 'x') {}

  int run() {
    if (!connect()) return not_connected;
    for (const auto& each : sockets_)
      for (std::size_t i = 0; i < asked_.window; ++i) ask(each);
    const double cpu = cpu_seconds();
    const auto begin = clock::now();
    runner_.run_until([] { return false; },
                      std::chrono::milliseconds(static_cast<std::int64_t>(asked_.seconds * 1000)));
    const double seconds = std::chrono::duration<double>(clock::now() - begin).count();
    ended_ = true;
    report(seconds, cpu_seconds() - cpu);
    if (lost_ > 0) return lost;
    return took_.empty() ? no_answer : all_well;
  }

 private:
  bool connect() {
    auto options = asked_.server.to_client();
    options.loop = runner_.loop();
    options.reconnection = false;
    if (asked_.server.transports.empty()) options.transports = {"websocket"};
    const auto url = parse_client_url(asked_.server.url);
    const std::string nsp = asked_.nsp.empty() && url ? url->path : asked_.nsp;
    std::size_t& connected = connected_;
    std::string& why = why_;
    for (std::size_t i = 0; i < asked_.connections; ++i) {
      managers_.push_back(std::make_unique<manager>(asked_.server.url, options));
      const auto socket = managers_.back()->socket(nsp);
      socket.on_connect([this] { ++connected_; });
      socket.on_connect_error([this](const connect_failure& failure) {
        why_ = failure.message + " (" + failure.description + ")";
      });
      socket.on_disconnect([this](const client_disconnect&) { lost_ += !ended_; });
      sockets_.push_back(socket);
      // A thousand at once would only fill the server's backlog.
      while (i + 1 - connected >= 100 && why.empty())
        if (wait_for([&] { return i + 1 - connected < 100 || !why.empty(); }))
          return late(connected);
    }
    if (wait_for([&] { return connected == asked_.connections || !why.empty(); }))
      return late(connected);
    if (why.empty()) return true;
    out_.complain(why);
    return false;
  }
  bool wait_for(const std::function<bool()>& done) {
    return runner_.run_until(done, asked_.server.patience()) != runner::end::done;
  }
  bool late(std::size_t connected) {
    out_.complain("only " + std::to_string(connected) + " of " +
                  std::to_string(asked_.connections) + " connections were made in time");
    return false;
  }

  void ask(const client_socket& socket) {
    const auto sent = clock::now();
    socket.emit(asked_.event, text_, [this, socket, sent](std::error_code error, const rest&) {
      if (ended_) return;
      if (error) {
        ++errors_;
        return;
      }
      took_.push_back(std::chrono::duration<float, std::micro>(clock::now() - sent).count());
      ask(socket);
    });
  }

  void report(double seconds, double cpu) {
    std::ranges::sort(took_);
    const auto at = [&](double part) {
      if (took_.empty()) return 0.0;
      const auto place = static_cast<std::size_t>(part * static_cast<double>(took_.size() - 1));
      return static_cast<double>(took_[place]);
    };
    const double count = static_cast<double>(took_.size());
    const double each_us = took_.empty() ? 0 : cpu / count * 1e6;
    char line[256];
    std::snprintf(line, sizeof line, "%.0f answers in %.1f s on %zu connections, %.0f per second",
                  count, seconds, sockets_.size(), count / seconds);
    out_.say("*", colour::good, line);
    std::snprintf(line, sizeof line, "p50 %.0f us, p90 %.0f us, p99 %.0f us, longest %.0f us",
                  at(0.5), at(0.9), at(0.99), at(1));
    out_.say("*", colour::none, line);
    std::snprintf(line, sizeof line, "%.2f us of this process's CPU per event and answer", each_us);
    out_.say("*", colour::none, line);
    if (errors_ + lost_ > 0)
      out_.complain(std::to_string(errors_) + " answers did not come, " + std::to_string(lost_) +
                    " connections were lost");
    out_.tell({{"answers", value(static_cast<std::int64_t>(took_.size()))},
               {"seconds", value(seconds)},
               {"connections", value(sockets_.size())},
               {"p50_us", value(at(0.5))},
               {"p90_us", value(at(0.9))},
               {"p99_us", value(at(0.99))},
               {"max_us", value(at(1))},
               {"cpu_us", value(each_us)},
               {"errors", value(errors_)},
               {"lost", value(lost_)}});
  }

  const bench_options& asked_;
  terminal out_;
  const std::string text_;
  runner runner_;
  std::vector<std::unique_ptr<manager>> managers_;
  std::vector<client_socket> sockets_;
  std::vector<float> took_;
  std::size_t connected_ = 0;
  std::string why_;
  std::size_t errors_ = 0, lost_ = 0;
  bool ended_ = false;
};

}  // namespace

command add_bench(CLI::App& to) {
  auto asked = std::make_shared<bench_options>();
  add_server_options(to, asked->server);
  to.add_option("-n,--namespace", asked->nsp, "instead of the path of the URL");
  to.add_option("-c,--connections", asked->connections)
      ->check(CLI::Range(std::size_t{1}, std::size_t{20'000}))
      ->capture_default_str();
  to.add_option("-w,--window", asked->window, "events in flight on each connection")
      ->check(CLI::Range(std::size_t{1}, std::size_t{10'000}))
      ->capture_default_str();
  to.add_option("-s,--size", asked->bytes, "characters of the text that is sent")
      ->check(CLI::Range(std::size_t{0}, std::size_t{10'000'000}))
      ->capture_default_str();
  to.add_option("-d,--duration", asked->seconds, "seconds")
      ->check(CLI::Range(0.1, 1e5))
      ->capture_default_str();
  to.add_option("-e,--event", asked->event, "which the server acknowledges")->capture_default_str();
  return [asked] { return load(*asked).run(); };
}

}  // namespace socketio::tools
