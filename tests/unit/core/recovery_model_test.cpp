// Recovery against a model: some clients, one to four shards, and a scheduler that lets any shard
// run any next piece of its work. Clients lose packets and connections at any moment and come back
// on any shard, before or after the server has noticed. The model knows for each client what it has
// to get; it must get exactly that, once, and what one sender sent in the order in which it was
// sent; and every client must be recovered every time.
//
// With limited queues each client is in two namespaces by one connection, as two guests that share
// it, and may have missed more than the queue takes. Then it is not recovered, for that reason
// alone; a replay must never be what makes a queue overflow. A failure prints the seed;
// SOCKETIO_SEED and SOCKETIO_SEEDS say with which to begin and how many to try. Rows CR-02, CR-05,
// CR-07 to CR-09, CR-14, VO-04, Q-07, Q-08.
#include "core/client.hpp"
#include "core/hub.hpp"
#include "core/nsp_group.hpp"
#include "core/recovery.hpp"
#include "core/socket.hpp"
#include "socketio/nsp.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <limits>
#include <map>
#include <random>
#include <set>

namespace socketio::core_testing {
namespace {

using core::hub, core::hub_options;

constexpr unsigned outside = 1000;  // no shard
unsigned current = outside;         // the shard that runs at this moment

class sim_shard final : public executor {
 public:
  explicit sim_shard(unsigned number) : timers_(now_), number_(number) {}
  bool post(std::function<void()> work) override {
    posted_.push_back(std::move(work));
    return true;
  }
  bool on_thread() const noexcept override { return current == number_; }
  time_point now() const noexcept override { return now_; }
  timer_wheel& timers() noexcept override { return timers_; }

  bool idle() const noexcept { return posted_.empty(); }
  void step() {
    current = number_;
    const auto work = std::move(posted_.front());
    posted_.pop_front();
    work();
    current = outside;
  }

 private:
  time_point now_{std::chrono::hours(1)};
  timer_wheel timers_;
  std::deque<std::function<void()>> posted_;
  unsigned number_;
};

class counting_random final : public random_source {
 public:
  void fill(std::span<std::byte> out) override {
    for (std::byte& one : out) one = static_cast<std::byte>(next_++ * 37 >> 3);
  }

 private:
  unsigned next_ = 0;
};

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

bool is_of_chat(std::string_view packet) { return packet.substr(1).starts_with("/chat,"); }

struct sent_packet {
  std::string text;
  std::size_t bytes = 0;
  bool is_connect() const { return text.starts_with('0'); }
};

// The server's end of a connection; what was sent waits here until the client reads it or the
// connection breaks.
class wire_end final : public core::link {
 public:
  wire_end(hub& at, unsigned shard, std::size_t bytes_max)
      : shard_(shard),
        bytes_max_(bytes_max),
        client(std::make_unique<core::client>(at, *this, http_request())) {}

  engine::send_queue::outcome send(std::span<const wire::frame> group) override {
    if (closing) return engine::send_queue::outcome::closed;
    const wire::frame& one = group.front();
    sent_packet packet{std::string(one.packet().substr(1)), one.size()};
    const bool is_control = one.kind() == wire::frame_class::control;
    bool& connected = is_of_chat(packet.text) ? chat_connected_ : main_connected_;
    if (!is_control && queued_ + packet.bytes > bytes_max_) {
      EXPECT_TRUE(connected) << "a replay overflows the queue";
      closing = true;
      return engine::send_queue::outcome::overflow;
    }
    connected |= packet.is_connect();
    queued_ += packet.bytes;
    sent.push_back(std::move(packet));
    return engine::send_queue::outcome::queued;
  }
  sent_packet next() {
    sent_packet first = std::move(sent.front());
    sent.pop_front();
    queued_ -= first.bytes;
    return first;
  }
  bool writable() const noexcept override { return !closing; }
  std::size_t queued_bytes() const noexcept override { return queued_; }
  std::string_view transport() const noexcept override { return "websocket"; }
  std::string_view sid() const noexcept override { return "the-session"; }
  bool close(reason, cause, std::string) override { return closing = true; }

  // What the shard does with it.
  void hear(const std::string& packet) {
    current = shard_;
    if (client) client->on_text(packet);
    current = outside;
  }
  void end() {
    current = shard_;
    if (client) client->on_closed({reason::transport_close, cause::connection_lost, {}});
    client.reset();
    current = outside;
  }

  std::deque<sent_packet> sent;
  bool closing = false;

 private:
  unsigned shard_;
  std::size_t bytes_max_, queued_ = 0;
  bool main_connected_ = false, chat_connected_ = false;

 public:
  std::unique_ptr<core::client> client;
};

// As the official client does it: events before CONNECT wait for it.
struct guest {
  std::string name, sid, pid, offset;
  unsigned nsp = 0;       // 0: "/", 1: "/chat"
  guest* twin = nullptr;  // the same client in the other one
  bool connected = false;
  bool begins = false;  // a new socket; nothing is expected before the next quiet moment
  wire_end* over = nullptr;
  std::vector<std::string> early, got;
  std::map<unsigned, std::vector<std::string>> wanted;  // by sender
  std::set<std::string> rooms;
  std::vector<socket> handles;  // of each of its sockets
  int recovered = 0, lost = 0;
};

class world {
 public:
  world(unsigned seed, unsigned shards, bool replay_after_connect,
        std::size_t queue_bytes_max = unlimited)
      : dice_(seed), after_(replay_after_connect), queue_bytes_max_(queue_bytes_max) {
    options_.recovery = core::recovery_limits{.replay_after_connect = replay_after_connect};
    if (limited()) options_.recovery->replay_bytes_max = queue_bytes_max;
    for (unsigned i = 0; i < shards; i++) {
      shards_.push_back(std::make_shared<sim_shard>(i));
      hubs_.push_back(std::make_unique<hub>(shards_.back(), random_, options_, all_, i));
    }
    for (const char* name : {"/", "/chat"}) {
      if (nsps_.size() == 1 && !limited()) break;
      nsps_.emplace_back(hubs_.front()->of(name));
      nsps_.back().on_connection([this](const socket& who) { new_sockets_.push_back(who); });
    }
    drain();
    guests_.resize(5 * nsps_.size());
    for (guest& one : guests_) {
      const auto place = static_cast<std::size_t>(&one - guests_.data());
      one.name = std::string(1, static_cast<char>('a' + place));
      one.nsp = static_cast<unsigned>(place % nsps_.size());
      if (limited()) one.twin = &guests_[place ^ 1];
    }
    for (guest& one : guests_) {
      if (!one.over) reconnect(one);
      while (!one.connected) {
        drain();
        read_one(one);
      }
      EXPECT_EQ(one.lost, 1);
      one.begins = false;
    }
  }

  ~world() {
    for (const auto& one : ends_) one->end();
    drain();
    for (unsigned i = 0; i < shards_.size(); i++) {
      current = i;
      hubs_[i]->close();
      current = outside;
    }
    for (const auto& one : hubs_) EXPECT_EQ(one->counters().sockets.get(), 0u);
    drain();
    new_sockets_.clear();
    for (guest& one : guests_) one.handles.clear();
  }

  void chaos(int steps) {
    for (int i = 0; i < steps; i++) step();
  }

  // Everybody comes back, and has got everything.
  void check() {
    for (int round = 0; round < 10; round++) {
      drain();
      for (guest& one : guests_) {
        if (!one.over || one.over->closing) reconnect(one);
        drain();
        read_all(one);
      }
    }
    EXPECT_EQ(reasons(), "");
    for (const guest& one : guests_) {
      EXPECT_TRUE(one.connected) << one.name;
      if (one.begins) continue;
      if (!limited()) {
        EXPECT_EQ(one.lost, 1) << one.name << " was not recovered";
      }
      std::map<unsigned, std::vector<std::string>> got;
      for (const std::string& event : one.got)
        got[static_cast<unsigned>(std::stoul(event))].push_back(event);
      for (const auto& [sender, events] : one.wanted)
        EXPECT_EQ(difference(got[sender], events), "") << "what " << one.name << " got";
    }
  }
  int recovered() const {
    int sum = 0;
    for (const guest& one : guests_) sum += one.recovered;
    return sum;
  }

  int lost() const {  // but for the first time
    int sum = 0;
    for (const guest& one : guests_) sum += one.lost - 1;
    return sum;
  }

  // Rooms change while nothing is on its way: otherwise the model could not know who is in them.
  void change_rooms() {
    drain();
    for (guest& one : guests_) begin_anew(one);
    for (guest& one : guests_) {
      const socket* const handle = one.connected ? handle_of(one) : nullptr;
      if (!handle) continue;
      const std::string room = "room " + std::to_string(upto(3));
      current = handle->impl()->of().index();
      if (one.rooms.erase(room) > 0) {
        handle->leave(room);
      } else {
        handle->join(room);
        one.rooms.insert(room);
      }
      current = outside;
    }
    drain();
  }

 private:
  static std::string difference(const std::vector<std::string>& got,
                                const std::vector<std::string>& wanted) {
    for (std::size_t i = 0; i < std::max(got.size(), wanted.size()); i++) {
      const std::string one = i < got.size() ? got[i] : "nothing";
      const std::string other = i < wanted.size() ? wanted[i] : "nothing";
      if (one != other) return one + " instead of " + other;
    }
    return "";
  }
  std::string reasons() const {
    std::string all;
    for (const auto& shard : hubs_)
      for (std::size_t i = 3; i < recovery_outcomes; i++)
        if (shard->counters().recoveries[i].get() > 0 &&
            !(limited() && static_cast<recovery_outcome>(i) == recovery_outcome::too_much_missed))
          all += " " + std::string(to_string(static_cast<recovery_outcome>(i)));
    return all;
  }
  unsigned upto(unsigned n) { return static_cast<unsigned>(dice_() % n); }
  guest& any_guest() { return guests_[upto(static_cast<unsigned>(guests_.size()))]; }

  void step() {
    switch (upto(12)) {
      case 0: return cut(any_guest());
      case 1: return lose(any_guest());
      case 2: {
        guest& one = any_guest();
        if (!one.over || one.over->closing || upto(4) == 0) reconnect(one);
        return;
      }
      case 3: return notice();
      case 4:
      case 5: return send();
      case 6: return send();
      case 7: return volatile_events();
      case 8: return read_one(any_guest());
      default: return run_one();
    }
  }

  void run_one() {
    std::vector<sim_shard*> busy;
    for (const auto& one : shards_)
      if (!one->idle()) busy.push_back(one.get());
    if (!busy.empty()) busy[upto(static_cast<unsigned>(busy.size()))]->step();
    learn();
  }
  void drain() {
    while (std::ranges::any_of(shards_, [](const auto& one) { return !one->idle(); })) run_one();
    learn();
  }
  // Which socket is whose.
  void learn() {
    for (socket& who : new_sockets_)
      for (guest& one : guests_)
        if (who.handshake().auth["name"] == value(one.name)) one.handles.push_back(who);
    new_sockets_.clear();
  }
  bool limited() const { return queue_bytes_max_ != unlimited; }
  const nsp& of(const guest& one) const { return nsps_[one.nsp]; }
  // The socket that the client knows; a dead connection that nobody has noticed may have had
  // another one made for it. nullptr: it is gone.
  static const socket* handle_of(const guest& one) {
    for (auto at = one.handles.rbegin(); at != one.handles.rend(); ++at)
      if (at->id() == one.sid && at->connected()) return &*at;
    return nullptr;
  }
  // Nothing is on its way but what its connection holds: from now on it is known again what a new
  // socket has to get.
  void begin_anew(guest& one) {
    if (!one.begins || !one.connected || one.over->closing) return;
    read_all(one);
    const socket* const handle = handle_of(one);
    if (!handle) return;
    one.handles = {socket(*handle)};
    one.got.clear();
    one.wanted.clear();
    one.begins = false;
  }

  // ---- the network
  void reconnect(guest& one) {
    cut(one);
    const unsigned shard = upto(static_cast<unsigned>(shards_.size()));
    one.over =
        ends_.emplace_back(std::make_unique<wire_end>(*hubs_[shard], shard, queue_bytes_max_))
            .get();
    ask(one);
    if (one.twin) {
      one.twin->over = one.over;
      ask(*one.twin);
    }
    learn();
  }
  static void ask(const guest& one) {
    std::string auth = one.nsp == 0 ? "0" : "0/chat,";
    auth += R"({"name":")" + one.name + '"';
    if (!one.pid.empty()) auth += R"(,"pid":")" + one.pid + '"';
    if (!one.offset.empty()) auth += R"(,"offset":")" + one.offset + '"';
    one.over->hear(auth + "}");
  }
  static void cut(guest& one) {  // the server does not know yet
    one.over = nullptr;
    one.connected = false;
    if (one.twin && one.twin->over) cut(*one.twin);
  }
  void lose(guest& one) {  // some arrives, the rest does not
    for (unsigned i = upto(4); i > 0; i--) read_one(one);
    cut(one);
  }
  void notice() {
    std::vector<wire_end*> dead;
    for (const auto& end : ends_)
      if (end->client &&
          std::ranges::none_of(guests_, [&](const guest& one) { return one.over == end.get(); }))
        dead.push_back(end.get());
    if (!dead.empty()) dead[upto(static_cast<unsigned>(dead.size()))]->end();
    learn();
  }

  // ---- the client
  // The next packet, of whichever of the two it is.
  void read_one(guest& any) {
    if (!any.over || any.over->sent.empty()) return;
    auto& sent = any.over->sent;
    guest& one = whose(any, sent.front());
    if (!one.connected && !after_) {  // all of what is before CONNECT or nothing, see recovery.hpp
      const auto at = std::ranges::find_if(sent, [&](const sent_packet& packet) {
        return packet.is_connect() && &whose(any, packet) == &one;
      });
      if (at == sent.end()) return;
      while (!one.connected) take(any);
      return;
    }
    take(any);
  }
  // What comes before a CONNECT that did not get through any more stays where it is.
  void read_all(guest& any) {
    for (std::size_t before = 0; any.over && before != any.over->sent.size();) {
      before = any.over->sent.size();
      if (before > 0) read_one(any);
    }
  }
  static guest& whose(guest& any, const sent_packet& packet) {
    return is_of_chat(packet.text) == (any.nsp == 1) ? any : *any.twin;
  }
  static void take(guest& any) {
    sent_packet packet = any.over->next();
    guest& one = whose(any, packet);
    if (one.nsp == 1) packet.text.erase(1, std::string_view("/chat,").size());
    if (packet.is_connect()) return on_connect(one, packet.text);
    if (!packet.text.starts_with("2[")) return;
    if (one.connected)
      on_event(one, packet.text);
    else
      one.early.push_back(packet.text);
  }
  static void on_connect(guest& one, const std::string& packet) {
    one.sid = packet.substr(9, 20);
    const std::string pid = packet.substr(38, 20);
    const bool is_recovered = pid == one.pid;
    (is_recovered ? one.recovered : one.lost)++;
    if (!is_recovered) {
      one.begins = true;
      one.rooms.clear();
    }
    one.pid = pid;
    one.connected = true;
    for (const std::string& event : std::exchange(one.early, {})) on_event(one, event);
  }
  // ["e","<sender> <number>","<offset>"]: whatever stands last as a text is its offset.
  static void on_event(guest& one, const std::string& packet) {
    const auto last = packet.rfind(",\"");
    if (last != packet.npos) one.offset = packet.substr(last + 2, packet.size() - last - 4);
    if (packet.starts_with("2[\"e\",\""))
      one.got.push_back(packet.substr(7, packet.find('"', 7) - 7));
  }

  // ---- the server
  void send() {
    const unsigned sender = upto(4) == 0 ? outside : upto(static_cast<unsigned>(shards_.size()));
    static constexpr const char* kinds[] = {"all", "room", "rooms", "except", "id", "handle"};
    const unsigned kind = upto(6);
    const std::string event =
        std::to_string(sender) + " " + std::to_string(++counter_) + " " + kinds[kind];
    const std::string room = "room " + std::to_string(upto(3)),
                      other = "room " + std::to_string(upto(3));
    guest& one = any_guest();
    const nsp& to = of(one);
    const auto expect = [&](auto&& is_meant) {
      for (guest& each : guests_)
        if (each.nsp == one.nsp && is_meant(each)) each.wanted[sender].push_back(event);
    };
    // All that one sends goes to the shards in the order of the calls.
    current = sender;
    switch (kind) {
      case 0:
        to.emit("e", event);
        expect([](const guest&) { return true; });
        break;
      case 1:
        to.to(room).emit("e", event);
        expect([&](const guest& who) { return who.rooms.contains(room); });
        break;
      case 2:
        to.to({room, other}).emit("e", event);
        expect([&](const guest& who) {
          return who.rooms.contains(room) || who.rooms.contains(other);
        });
        break;
      case 3:
        to.except(room).emit("e", event);
        expect([&](const guest& who) { return !who.rooms.contains(room); });
        break;
      case 4:
        to.to(one.sid).emit("e", event);
        expect([&](const guest& who) { return &who == &one; });
        break;
      default: {
        const socket& handle = one.handles[upto(static_cast<unsigned>(one.handles.size()))];
        handle.emit("e", event);
        expect([&](const guest& who) { return &who == &one; });
      }
    }
    current = outside;
  }
  void volatile_events() {
    current = upto(static_cast<unsigned>(shards_.size()));
    if (upto(2) == 0)
      of(any_guest()).volatile_().emit("v", "a text at the end");
    else
      any_guest().handles.back().volatile_().emit("v");
    current = outside;
  }

  std::mt19937 dice_;
  bool after_;
  std::size_t queue_bytes_max_;
  hub_options options_;
  counting_random random_;
  core::namespaces all_;
  std::vector<std::shared_ptr<sim_shard>> shards_;
  std::vector<std::unique_ptr<hub>> hubs_;
  std::vector<nsp> nsps_;
  std::vector<std::unique_ptr<wire_end>> ends_;
  std::vector<socket> new_sockets_;
  std::vector<guest> guests_;
  long counter_ = 0;
};

unsigned from_environment(const char* name, unsigned otherwise) {
  const char* const text = std::getenv(name);
  return text ? static_cast<unsigned>(std::stoul(text)) : otherwise;
}

void run(unsigned shards, bool replay_after_connect, std::size_t queue_bytes_max = unlimited) {
  int recovered = 0, lost = 0;
  const unsigned first = from_environment("SOCKETIO_SEED", 1);
  const unsigned seeds = from_environment("SOCKETIO_SEEDS", 60);
  for (unsigned seed = first; seed < first + seeds && !::testing::Test::HasFailure(); seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", shards " + std::to_string(shards));
    world all(seed, shards, replay_after_connect, queue_bytes_max);
    for (int i = 0; i < 8; i++) {
      all.change_rooms();
      all.chaos(150);
    }
    all.check();
    recovered += all.recovered();
    lost += all.lost();
  }
  if (queue_bytes_max != unlimited) {
    EXPECT_GT(lost, static_cast<int>(seeds)) << "queues of that size are never too small";
  }
  EXPECT_GT(recovered, static_cast<int>(seeds) * 10) << "the test must test something";
}

TEST(RecoveryModel, one_shard) { run(1, false); }
TEST(RecoveryModel, one_shard_with_connect_first) { run(1, true); }
TEST(RecoveryModel, two_shards) { run(2, false); }
TEST(RecoveryModel, four_shards) { run(4, false); }
TEST(RecoveryModel, four_shards_with_connect_first) { run(4, true); }
// Some twenty events.
TEST(RecoveryModel, one_shard_with_limited_queues) { run(1, false, 800); }
TEST(RecoveryModel, four_shards_with_limited_queues) { run(4, false, 800); }

}  // namespace
}  // namespace socketio::core_testing
