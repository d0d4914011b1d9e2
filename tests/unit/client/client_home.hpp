// A client without a network: a manager on a shard whose time the test moves, and connections whose
// other end is the test.
//
//   client_home home;
//   auto io = home.joined();
//   home.peer().says(R"(2["news",1])");
//   EXPECT_EQ(home.peer().heard(), lines{R"(2["hello"])"});
#pragma once

#include "client/manager_state.hpp"
#include "client/socket_state.hpp"
#include "socketio/client_socket.hpp"
#include "support/virtual_shard.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socketio::client_side {

using namespace std::chrono_literals;
using lines = std::vector<std::string>;

// Short, for what tests write down.
inline std::string name_of(errc why) {
  switch (why) {
    case errc::timed_out: return "timed out";
    case errc::disconnected: return "disconnected";
    case errc::invalid_answer: return "invalid answer";
    case errc::refused: return "refused";
  }
  return "?";
}

// The server's end of a connection. It says nothing to a client that has let go of it.
class far_end {
 public:
  far_end(connection_sink& sink, connection_facts facts) : with(std::move(facts)), sink_(&sink) {}

  void opens() {
    call([](connection_sink& to) { to.on_open(); });
  }
  void fails(std::string text = "xhr poll error") {
    last_call([&](connection_sink& to) {
      to.on_failed({connect_cause::connect, text, {}, "nobody", 0});
    });
  }
  void says(std::string_view packet) {
    call([&](connection_sink& to) { to.on_message(false, packet); });
  }
  void says_bytes(std::string_view bytes) {
    call([&](connection_sink& to) { to.on_message(true, bytes); });
  }
  void pings() {
    call([](connection_sink& to) { to.on_ping(); });
  }
  void upgrades() {
    call([](connection_sink& to) { to.on_upgrade(); });
  }
  void fails_to_upgrade() {
    call([](connection_sink& to) {
      to.on_upgrade_failed({connect_cause::lost, "probe error", {}, {}, 0});
    });
  }
  void drains() {
    queued = 0;
    call([](connection_sink& to) { to.on_drained(); });
  }
  void cuts(client_reason why = client_reason::transport_close) {
    last_call([&](connection_sink& to) { to.on_closed({why, "cut"}, nullptr); });
  }
  // The good-bye has been said.
  void has_ended() {
    if (const auto over = std::exchange(ended, nullptr)) over(all_read);
  }
  bool is_held() const { return sink_ != nullptr; }
  // It has read what was sent before it was asked.
  void reads() {
    if (const auto told = std::exchange(asked, nullptr)) told();
  }
  // What was sent since the last look; bytes have the prefix "<binary>".
  lines heard() { return std::exchange(sent, {}); }

  const connection_facts with;
  lines sent;
  std::function<void(bool)> ended;
  std::function<void()> asked;
  std::size_t last_begins = 0;  // of what was sent, the words that closed it
  bool writable = true, expired = false, takes = true, hurried = false, all_read = true;
  std::size_t queued = 0;
  std::string aborted;

 private:
  friend class near_end;
  template <class Call>
  void call(Call&& what) {
    if (sink_) what(*sink_);
  }
  template <class Call>
  void last_call(Call&& what) {
    if (connection_sink* const to = std::exchange(sink_, nullptr)) what(*to);
  }
  connection_sink* sink_;
};

class near_end final : public connection {
 public:
  explicit near_end(std::shared_ptr<far_end> other) : other_(std::move(other)) {}
  ~near_end() override {
    other_->sink_ = nullptr;
    other_->ended = nullptr;
    other_->asked = nullptr;
  }
  bool send(std::span<const wire::frame> group) override {
    if (!other_->takes) return false;
    for (const wire::frame& each : group) {
      other_->queued += each.size();
      other_->sent.push_back(each.is_binary() ? "<binary>" + std::string(each.packet())
                                              : std::string(each.packet().substr(1)));
    }
    return true;
  }
  void when_read(std::function<void()> told) override { other_->asked = std::move(told); }
  void close(std::vector<wire::frame> last, std::function<void(bool)> ended) override {
    other_->sink_ = nullptr;
    other_->asked = nullptr;
    other_->last_begins = other_->sent.size();
    static_cast<void>(send(last));
    other_->ended = std::move(ended);
  }
  void hurry() override { other_->hurried = true; }
  void abort(client_reason why, std::string description) override {
    other_->aborted = description;
    other_->takes = false;
    aborted_ = why;
  }
  bool writable() const noexcept override { return other_->writable; }
  bool ping_expired() const noexcept override { return other_->expired; }
  std::size_t queued_bytes() const noexcept override { return other_->queued; }
  bool all_read() const noexcept override { return other_->all_read; }
  const std::string& sid() const noexcept override { return sid_; }
  std::string_view transport() const noexcept override { return "polling"; }

 private:
  std::shared_ptr<far_end> other_;
  client_reason aborted_ = client_reason::forced_close;
  std::string sid_ = "engine";
};

class client_home {
 public:
  explicit client_home(client_options options = quick())
      : shard(std::make_shared<testing_support::virtual_shard>()) {
    manager_surroundings in;
    in.shard = shard;
    in.connect = [peers = peers_](const connection_facts& with, connection_sink& sink) {
      peers->push_back(std::make_shared<far_end>(sink, with));
      return std::make_unique<near_end>(peers->back());
    };
    in.random = [] { return 0.0; };
    in.wall_ms = [] { return 1'763'798'400'000; };
    manager = std::make_shared<manager_state>(std::move(options), std::move(in));
  }
  ~client_home() {
    if (manager) manager->shut_down(nullptr);
    for (const auto& each : *peers_) each->has_ended();
  }
  static client_options quick() {
    client_options made;
    made.reconnection_delay = 100ms;
    made.reconnection_delay_max = 400ms;
    made.log = [](const log_record&) {};
    return made;
  }

  client_socket socket(std::string_view nsp = "/") {
    return client_socket(manager->socket(nsp, nullptr));
  }
  client_socket socket(std::string_view nsp, const socket_options& options) {
    return client_socket(manager->socket(nsp, &options));
  }
  far_end& peer() { return *peers_->back(); }
  far_end& peer(std::size_t number) { return *peers_->at(number); }
  std::size_t attempts() const { return peers_->size(); }
  // Lets the server answer the CONNECT of a namespace.
  void welcome(std::string_view nsp = "/", std::string_view facts = R"({"sid":"one"})") {
    peer().says("0" + (nsp == "/" ? std::string() : std::string(nsp) + ',') + std::string(facts));
  }
  // Connected, and what was said for that forgotten.
  client_socket joined(std::string_view nsp = "/", std::string_view facts = R"({"sid":"one"})") {
    const client_socket made = socket(nsp);
    join(made, facts);
    return made;
  }
  void join(const client_socket& which, std::string_view facts = R"({"sid":"one"})") {
    which.connect();
    peer().opens();
    welcome(which.nsp_name(), facts);
    peer().sent.clear();
    told.clear();
  }
  // Behind a cut: the next attempt, which succeeds.
  void come_back(const client_socket& which, std::string_view facts = R"({"sid":"two"})") {
    shard->advance(500ms);
    peer().opens();
    welcome(which.nsp_name(), facts);
  }

  void watch() {
    manager->opens.add(
        1, {}, [this] { note("open"); }, false, false);
    manager->errors.add(
        1, {}, [this](const connect_failure& why) { note("error: " + why.message); }, false, false);
    manager->closes.add(
        1, {}, [this](const client_disconnect& why) { note("close: " + std::string(why.text())); },
        false, false);
    manager->pings.add(
        1, {}, [this] { note("ping"); }, false, false);
    manager->reconnect_attempts.add(
        1, {}, [this](std::uint64_t n) { note("reconnect_attempt " + std::to_string(n)); }, false,
        false);
    manager->reconnects.add(
        1, {}, [this](std::uint64_t n) { note("reconnect " + std::to_string(n)); }, false, false);
    manager->reconnect_errors.add(
        1, {}, [this](const connect_failure& why) { note("reconnect_error: " + why.message); },
        false, false);
    manager->reconnect_failures.add(
        1, {}, [this] { note("reconnect_failed"); }, false, false);
    manager->upgrades.add(
        1, {}, [this](std::string_view to) { note("upgrade " + std::string(to)); }, false, false);
    manager->upgrade_errors.add(
        1, {}, [this](const connect_failure& why) { note("upgrade_error: " + why.message); }, false,
        false);
  }
  void watch(const client_socket& which, std::string name = "") {
    which.on_connect([this, name] { note(name + "connect"); });
    which.on_disconnect([this, name](const client_disconnect& why) {
      note(name + "disconnect: " + std::string(why.text()));
    });
    which.on_connect_error(
        [this, name](const connect_failure& why) { note(name + "connect_error: " + why.message); });
  }
  void note(std::string line) { told.push_back(std::move(line)); }
  void expect(const lines& wanted) {
    EXPECT_EQ(told, wanted);
    told.clear();
  }

  std::shared_ptr<testing_support::virtual_shard> shard;
  std::shared_ptr<manager_state> manager;
  lines told;

 private:
  std::shared_ptr<std::vector<std::shared_ptr<far_end>>> peers_ =
      std::make_shared<std::vector<std::shared_ptr<far_end>>>();
};

}  // namespace socketio::client_side
