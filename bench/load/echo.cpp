// Echo with acknowledgement, as fast as the window allows (`echo`) or at a fixed rate (`rate`).
//
// At a fixed rate, message n is due at start + n * interval whatever the server does, and its
// latency counts from then, not from when it could be sent: a server that stops for 10 ms is
// charged for every message that had to wait ("coordinated omission"). Message n belongs to
// connection n % connections, so the acknowledgement's id tells when it was due.

#include "fleet.hpp"
#include "histogram.hpp"
#include "scenarios.hpp"

#include <algorithm>
#include <limits>

namespace load {
namespace {

class echo_base : public fleet {
 public:
  echo_base(event_loop& loop, const settings& settings)
      : fleet(loop, settings),
        payload_(json_payload(settings)),
        arguments_("[\"echo\"," + payload_ + "]") {}

 protected:
  void send_next(connection& to) { to.send_event_with_ack(to.next_id++, arguments_); }

  std::uint32_t take_ack(connection& from, std::string_view packet) {
    const std::uint32_t id = expect_ack(packet, payload_);
    if (id != from.next_ack++) fail("acknowledgement %u came out of order", id);
    return id;
  }

 private:
  std::string payload_;
  std::string arguments_;
};

class windowed_echo final : public echo_base {
 public:
  using echo_base::echo_base;

  void run(result& result) {
    open_all();
    for (connection& each : connections_) {
      for (std::uint32_t sent = 0; sent < settings_.window; ++sent) send_one_more(each);
      each.flush();
    }
    measure(loop_, settings_, progress_, result);
  }

  void on_packet(connection& from, std::string_view packet) override {
    take_ack(from, packet);
    ++progress_.answered;
    send_one_more(from);
  }

 private:
  void send_one_more(connection& to) {
    if (progress_.ask()) send_next(to);
  }

  progress progress_{.limit = settings_.messages};
};

class paced_echo final : public echo_base {
 public:
  paced_echo(event_loop& loop, const settings& settings)
      : echo_base(loop, settings), interval_(second / settings.rate) {}

  void run(result& result) {
    open_all();
    start_ = now();
    warm_up(
        settings_, answered_, [&](nanoseconds duration) { send_until(now() + duration); }, result);
    measured_from_ = now();
    measured_until_ = measured_from_ + settings_.duration;
    const reading before = read_now(settings_, answered_);
    send_until(measured_until_);
    add_interval(result, before, read_now(settings_, answered_));
    // Those still under way are the slowest: leaving them out would flatter the server.
    loop_.run_until([&] { return answered_ == sent_; }, 30 * second, "late acknowledgements");
    result.add("p50_us", latencies_.percentile(0.5) / 1000);
    result.add("p90_us", latencies_.percentile(0.9) / 1000);
    result.add("p99_us", latencies_.percentile(0.99) / 1000);
    result.add("p999_us", latencies_.percentile(0.999) / 1000);
    result.add("max_us", latencies_.percentile(1) / 1000);
    result.add("samples", static_cast<double>(latencies_.total()));
    result.add("sent_late_p99_us", lateness_.percentile(0.99) / 1000);
  }

  void on_packet(connection& from, std::string_view packet) override {
    const nanoseconds arrived = now();
    const nanoseconds due =
        due_time(std::uint64_t{take_ack(from, packet)} * settings_.connections + from.index);
    ++answered_;
    if (is_measured(due)) latencies_.record(arrived - due);
  }

 private:
  bool is_measured(nanoseconds due) const { return due >= measured_from_ && due < measured_until_; }

  nanoseconds due_time(std::uint64_t message) const {
    return start_ + static_cast<nanoseconds>(message) * interval_;
  }

  void send_until(nanoseconds end) {
    for (nanoseconds time = now(); time < end; time = now()) {
      while (due_time(sent_) <= time) {
        const nanoseconds due = due_time(sent_);
        connection& to = connections_[sent_++ % settings_.connections];
        send_next(to);
        to.flush();
        if (is_measured(due)) lateness_.record(time - due);
      }
      loop_.turn(std::min(due_time(sent_), end) - now());
    }
  }

  nanoseconds interval_;
  nanoseconds start_ = 0;
  nanoseconds measured_from_ = std::numeric_limits<nanoseconds>::max();
  nanoseconds measured_until_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t answered_ = 0;
  histogram latencies_;  // from when a message was due to its answer
  histogram lateness_;   // the part of it before the message was written: the client's own
};

}  // namespace

void run_echo(event_loop& loop, const settings& settings, result& result) {
  windowed_echo(loop, settings).run(result);
}

void run_rate(event_loop& loop, const settings& settings, result& result) {
  paced_echo(loop, settings).run(result);
}

}  // namespace load
