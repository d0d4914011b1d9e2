// One message in, many out. A message is a delivery that arrived, and the next round of a group
// starts when all of the former has arrived, so nothing queues up in the server.
//
// `broadcast`: one group of all connections, in which the first one sends.
// `room`: groups of ten, each in a room of its own and busy at the same time; members take turns.

#include "fleet.hpp"
#include "scenarios.hpp"

namespace load {
namespace {

class fanout final : public fleet {
 public:
  fanout(event_loop& loop, const settings& settings, bool in_rooms)
      : fleet(loop, settings),
        in_rooms_(in_rooms),
        group_size_(in_rooms ? settings.room_size : settings.connections) {
    const std::string payload = json_payload(settings);
    request_ = std::string(in_rooms ? "[\"room\"," : "[\"broadcast\",") + payload + "]";
    delivery_ = "2[\"message\"," + payload + "]";
    if (settings.connections % group_size_ != 0) fail("rooms must come out even");
    groups_.resize(settings.connections / group_size_);
  }

  void run(result& result) {
    open_all();
    if (in_rooms_) join_rooms();
    for (std::uint32_t group = 0; group < groups_.size(); ++group) {
      for (std::uint32_t sent = 0; sent < settings_.window; ++sent) send_in(group);
    }
    measure(loop_, settings_, progress_, result);
  }

  void on_packet(connection& from, std::string_view packet) override {
    if (joined_ < settings_.connections && packet.starts_with('3')) {
      expect_ack(packet, "");
      ++joined_;
      return;
    }
    if (packet != delivery_) {
      fail("not the message: %.*s", static_cast<int>(packet.size()), packet.data());
    }
    ++progress_.answered;
    const std::uint32_t group = from.index / group_size_;
    if (++groups_[group].arrived % group_size_ == 0) send_in(group);
  }

 private:
  struct group {
    std::uint64_t arrived = 0;
    std::uint32_t next_sender = 0;
  };

  void join_rooms() {
    for (connection& each : connections_) {
      const std::string name = "\"r" + std::to_string(each.index / group_size_) + "\"";
      each.send_event_with_ack(each.next_id++, "[\"join\"," + name + "]");
      each.flush();
    }
    loop_.run_until([&] { return joined_ == settings_.connections; }, 30 * second, "rooms");
  }

  void send_in(std::uint32_t index) {
    if (!progress_.ask(group_size_)) return;
    group& group = groups_[index];
    connection& sender = connections_[index * group_size_ + group.next_sender];
    sender.send({"42", request_});
    sender.flush();
    if (in_rooms_) group.next_sender = (group.next_sender + 1) % group_size_;
  }

  bool in_rooms_;
  std::uint32_t group_size_;
  std::string request_;
  std::string delivery_;
  std::vector<group> groups_;
  std::uint32_t joined_ = 0;
  progress progress_{.limit = settings_.messages};  // in deliveries
};

}  // namespace

void run_broadcast(event_loop& loop, const settings& settings, result& result) {
  fanout(loop, settings, false).run(result);
}

void run_rooms(event_loop& loop, const settings& settings, result& result) {
  fanout(loop, settings, true).run(result);
}

}  // namespace load
