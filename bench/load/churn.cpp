// Clients that come, say one thing and go; a message is one whole cycle. Each of the
// `connections` slots starts its next cycle when the server has closed the former.
//
// With the upgrade a cycle is what the JavaScript client does by default: handshake, CONNECT and
// its answer by polling, then a WebSocket that probes while a poll is pending, "5" when the probe
// was answered and the poll released, and from there on the WebSocket alone.

#include "connection.hpp"
#include "fleet.hpp"
#include "polling.hpp"
#include "process_probe.hpp"
#include "scenarios.hpp"

#include <deque>

namespace load {
namespace {

class churn : public listener {
 public:
  churn(event_loop& loop, const settings& settings)
      : loop_(loop),
        settings_(settings),
        payload_(json_payload(settings)),
        arguments_("[\"echo\"," + payload_ + "]") {}

  void run(result& result) {
    start_all();
    measure(loop_, settings_, progress_, result);
  }

  // So many more, and none is left open.
  void run_cycles(std::uint64_t cycles) {
    progress_.limit += cycles;
    start_all();
    loop_.run_until([&] { return progress_.is_over(); }, 600 * second, "the last cycle");
  }

  void on_ready(connection& from) override { send_echo(from); }

  void on_packet(connection& from, std::string_view packet) override {
    expect_ack(packet, payload_);
    from.leave();
  }

  void on_left(connection& from) override {
    ++progress_.answered;
    start_next(from);
  }

 protected:
  virtual void start(connection& slot) = 0;

  void send_echo(connection& to) { to.send_event_with_ack(to.next_id++, arguments_); }

  event_loop& loop_;
  const settings& settings_;
  std::deque<connection> connections_;

 private:
  void start_all() {
    while (connections_.size() < settings_.connections) {
      connections_.emplace_back(loop_, *this, static_cast<std::uint32_t>(connections_.size()));
    }
    for (connection& each : connections_) start_next(each);
  }

  void start_next(connection& slot) {
    if (progress_.ask()) start(slot);
  }

  std::string payload_;
  std::string arguments_;
  progress progress_{.limit = settings_.messages};
};

class direct_churn final : public churn {
 public:
  using churn::churn;

 private:
  void start(connection& slot) override { slot.open(settings_.port); }
};

class upgrade_churn final : public churn, public polling::listener {
 public:
  using churn::churn;

 private:
  enum class step : std::uint8_t { opening, joining, joined, upgrading, probed, released, done };

  struct session {
    session(event_loop& loop, polling::listener& owner, std::uint32_t index,
            const settings& settings)
        : requests(loop, owner, index, settings) {}
    polling requests;
    std::string sid;
    step at = step::opening;
  };

  void start(connection& slot) override {
    while (sessions_.size() <= slot.index) {
      sessions_.emplace_back(loop_, *this, static_cast<std::uint32_t>(sessions_.size()), settings_);
    }
    session& session = sessions_[slot.index];
    session.requests.close();
    session.at = step::opening;
    session.requests.begin();
  }

  void on_response(std::uint32_t index, std::string_view response) override {
    session& session = sessions_[index];
    const std::string body = wire::without_pings(response);
    if (body.empty()) return session.requests.request(session.sid);
    switch (session.at) {
      case step::opening:
        session.sid = wire::find_sid(body);
        session.requests.request(session.sid, "40");
        session.at = step::joining;
        return;
      case step::joining:
        if (body != "ok") fail("a POST was answered by %s", body.c_str());
        session.requests.request(session.sid);
        session.at = step::joined;
        return;
      case step::joined:
        if (!body.starts_with("40{")) fail("no CONNECT but %s", body.c_str());
        session.requests.request(session.sid);
        connections_[index].open_upgrade(settings_.port, session.sid);
        session.at = step::upgrading;
        return;
      case step::upgrading:
      case step::probed:
        if (body != "6") fail("no NOOP but %s", body.c_str());
        return advance(index, step::released);
      case step::released:
      case step::done: fail("a response that nobody asked for");
    }
  }

  void on_ready(connection& from) override { advance(from.index, step::probed); }

  // The upgrade is complete when both the probe's answer and the poll's release have come.
  void advance(std::uint32_t index, step reached) {
    session& session = sessions_[index];
    if (session.at == step::upgrading) {
      session.at = reached;
      return;
    }
    session.at = step::done;
    connection& socket = connections_[index];
    socket.finish_upgrade();
    send_echo(socket);
    socket.flush();
  }

  std::deque<session> sessions_;
};

}  // namespace

void run_connect(event_loop& loop, const settings& settings, result& result) {
  direct_churn(loop, settings).run(result);
}

void run_connect_upgrade(event_loop& loop, const settings& settings, result& result) {
  upgrade_churn(loop, settings).run(result);
}

// A fiftieth comes and goes first: what a server sets up once is no leak.
void run_cycles(event_loop& loop, const settings& settings, result& result) {
  load::settings by_hand = settings;
  by_hand.messages = 0;
  direct_churn churn(loop, by_hand);
  churn.run_cycles(settings.messages / 50 + settings.connections);
  const memory before = memory_at_rest(loop, settings.pid);
  churn.run_cycles(settings.messages);
  const memory after = memory_at_rest(loop, settings.pid);
  result.add("cycles", static_cast<double>(settings.messages));
  result.add("before_resident_bytes", static_cast<double>(before.resident_bytes));
  result.add("after_resident_bytes", static_cast<double>(after.resident_bytes));
  result.add("resident_ratio", static_cast<double>(after.resident_bytes) /
                                   static_cast<double>(before.resident_bytes));
}

}  // namespace load
