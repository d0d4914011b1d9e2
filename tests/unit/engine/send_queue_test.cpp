// The queue behind every session: order, limits, policies, groups, and what leaves it over both
// transports.
#include "engine/send_queue.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace socketio::engine {
namespace {

using outcome = send_queue::outcome;
using wire::frame;
using wire::frame_class;

// A group whose frames carry `name` and have `bytes` bytes each on the wire (below 126).
std::vector<frame> group_of(std::string_view name, std::size_t bytes, std::size_t attachments = 0,
                            frame_class kind = frame_class::event) {
  std::string body = "4" + std::string(name);
  body.resize(bytes - 2, '.');
  std::vector<frame> group{frame::text({body}, kind)};
  for (std::size_t i = 0; i < attachments; ++i) group.push_back(frame::binary(body, kind));
  return group;
}

// Everything that is queued, by the names of the packets; binary in upper case, base64 as 'b'.
std::string contents(send_queue& queue) {
  std::vector<iovec> pieces(1000);
  pieces.resize(queue.gather(pieces));
  std::string names;
  for (const iovec& piece : pieces) {
    const auto* bytes = static_cast<const char*>(piece.iov_base);
    if (names.empty() && queue.inside_frame()) {
      names += '~';  // a rest
    } else if (bytes[0] == '\x82') {
      names += static_cast<char>(std::toupper(bytes[3]));
    } else {
      names += bytes[2] == 'b' ? 'b' : bytes[3];
    }
  }
  return names;
}

constexpr queue_limits closing{100, overflow_policy::close};
constexpr queue_limits newest{100, overflow_policy::drop_newest};
constexpr queue_limits oldest{100, overflow_policy::drop_oldest};

TEST(SendQueue, frames_leave_in_order_and_piece_by_piece) {
  send_queue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.push(group_of("a", 10), closing), outcome::queued);
  EXPECT_EQ(queue.push(group_of("b", 10, 1), closing), outcome::queued);
  EXPECT_EQ(queue.bytes(), 30u);
  EXPECT_EQ(contents(queue), "abB");
  queue.consume(10);
  EXPECT_EQ(contents(queue), "bB");
  queue.consume(5);
  EXPECT_TRUE(queue.inside_frame());
  EXPECT_EQ(queue.bytes(), 15u);
  EXPECT_EQ(contents(queue), "~B");
  queue.consume(5);
  EXPECT_FALSE(queue.inside_frame());
  queue.consume(10);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0u);
}

TEST(SendQueue, only_the_rest_of_a_frame_that_is_partly_written_can_be_asked_for) {
  send_queue queue;
  std::array<iovec, 4> pieces;
  queue.push(group_of("a", 10), closing);
  queue.push(group_of("b", 10), closing);
  EXPECT_EQ(queue.gather(pieces, true), 0u) << "nothing is interrupted";
  queue.consume(3);
  ASSERT_EQ(queue.gather(pieces, true), 1u);
  EXPECT_EQ(pieces[0].iov_len, 7u);
  ASSERT_EQ(queue.gather(std::span(pieces).first(1)), 1u) << "no more than there is room for";
}

TEST(SendQueue, the_limit_is_exact) {
  send_queue queue;
  EXPECT_EQ(queue.push(group_of("a", 60), closing), outcome::queued);
  EXPECT_EQ(queue.push(group_of("b", 40), closing), outcome::queued);
  EXPECT_EQ(queue.push(group_of("c", 3), closing), outcome::overflow);
  EXPECT_EQ(contents(queue), "ab") << "an overflow changes nothing";
  queue.consume(3);
  EXPECT_EQ(queue.push(group_of("c", 3), closing), outcome::queued)
      << "written bytes are free again";
}

TEST(SendQueue, drop_newest_drops_whole_groups_and_counts_them) {
  send_queue queue;
  EXPECT_EQ(queue.push(group_of("a", 50), newest), outcome::queued);
  EXPECT_EQ(queue.push(group_of("b", 20, 2), newest), outcome::dropped);
  EXPECT_EQ(queue.push(group_of("c", 50), newest), outcome::queued);
  EXPECT_EQ(contents(queue), "ac");
  EXPECT_EQ(queue.dropped_groups(), 1u);
  EXPECT_EQ(queue.dropped_bytes(), 60u);
}

TEST(SendQueue, drop_oldest_drops_whole_groups_and_no_more_than_needed) {
  send_queue queue;
  queue.push(group_of("a", 20, 1), oldest);
  queue.push(group_of("b", 20, 1), oldest);
  queue.push(group_of("c", 20), oldest);
  EXPECT_EQ(queue.push(group_of("d", 20), oldest), outcome::queued);
  EXPECT_EQ(contents(queue), "bBcd");
  EXPECT_EQ(queue.dropped_groups(), 1u);
  EXPECT_EQ(queue.dropped_bytes(), 40u);
  EXPECT_EQ(queue.push(group_of("e", 50), oldest), outcome::queued);
  EXPECT_EQ(contents(queue), "cde");
}

TEST(SendQueue, drop_oldest_never_drops_a_group_that_has_begun_to_leave) {
  for (const std::size_t written : {5u, 20u, 25u, 40u}) {
    send_queue queue;
    queue.push(group_of("a", 20, 2), oldest);
    queue.push(group_of("b", 30), oldest);
    queue.consume(written);
    const std::size_t rest = 60 - written;
    EXPECT_EQ(queue.push(group_of("c", 45), oldest), outcome::queued);
    const bool had_room = rest + 30 + 45 <= 100;
    EXPECT_EQ(queue.dropped_groups(), had_room ? 0u : 1u);
    const std::string left = contents(queue);
    EXPECT_EQ(left.back(), 'c');
    EXPECT_EQ(left.find('b') != left.npos, had_room) << written;
    EXPECT_EQ(queue.bytes(), rest + 45 + (had_room ? 30 : 0));
  }
}

TEST(SendQueue, drop_oldest_drops_the_new_group_when_making_room_is_no_use) {
  send_queue queue;
  queue.push(group_of("a", 60), oldest);
  queue.push(group_of("b", 20), oldest);
  queue.consume(1);
  EXPECT_EQ(queue.push(group_of("c", 60), oldest), outcome::dropped);
  EXPECT_EQ(contents(queue), "~b") << "nothing was dropped in vain";
  EXPECT_EQ(queue.push(group_of("d", 101), oldest), outcome::dropped) << "larger than the limit";
  EXPECT_EQ(queue.dropped_groups(), 2u);
}

TEST(SendQueue, acknowledgements_are_counted_but_never_dropped) {
  send_queue queue;
  queue.push(group_of("a", 40, 0, frame_class::ack), oldest);
  queue.push(group_of("b", 40), oldest);
  EXPECT_EQ(queue.push(group_of("c", 40), oldest), outcome::queued);
  EXPECT_EQ(contents(queue), "ac") << "the event went, the acknowledgement stayed";
  EXPECT_EQ(queue.push(group_of("d", 60, 0, frame_class::ack), oldest), outcome::queued);
  EXPECT_EQ(contents(queue), "ad") << "events make room for acknowledgements";
  EXPECT_EQ(queue.push(group_of("e", 3, 0, frame_class::ack), oldest), outcome::overflow);
  EXPECT_EQ(queue.push(group_of("f", 3), oldest), outcome::dropped);
}

TEST(SendQueue, acknowledgements_pass_a_queue_full_of_events_when_the_newest_are_dropped) {
  send_queue queue;
  queue.push(group_of("a", 100), newest);
  EXPECT_EQ(queue.push(group_of("b", 100, 0, frame_class::ack), newest), outcome::queued);
  EXPECT_EQ(queue.push(group_of("c", 3, 0, frame_class::ack), newest), outcome::overflow);
}

TEST(SendQueue, the_policy_close_makes_no_difference_between_events_and_acknowledgements) {
  send_queue queue;
  queue.push(group_of("a", 100), closing);
  EXPECT_EQ(queue.push(group_of("b", 3, 0, frame_class::ack), closing), outcome::overflow);
}

TEST(SendQueue, control_frames_are_exempt_up_to_a_reserve) {
  for (const auto& limits : {closing, newest, oldest}) {
    send_queue queue;
    queue.push(group_of("a", 100), limits);
    std::size_t bytes = 0;
    while (queue.push(group_of("p", 100, 0, frame_class::control), limits) == outcome::queued)
      bytes += 100;
    EXPECT_EQ(bytes, control_bytes_max / 100 * 100);
    EXPECT_EQ(queue.dropped_groups(), 0u);
    EXPECT_EQ(queue.bytes(), bytes + 100);
  }
}

TEST(SendQueue, the_first_control_frame_passes_whatever_its_size) {
  const frame large = frame::text({"4", std::string(control_bytes_max, 'x')}, frame_class::control);
  send_queue queue;
  EXPECT_EQ(queue.push({&large, 1}, newest), outcome::queued);
  EXPECT_EQ(queue.push(group_of("p", 100, 0, frame_class::control), newest), outcome::overflow);
  queue.consume(large.size());
  EXPECT_EQ(queue.push({&large, 1}, newest), outcome::queued);
}

TEST(SendQueue, HS20_payloads_join_packets_and_encode_binary) {
  send_queue queue;
  std::vector<frame> group{frame::text({"451-[]"}, frame_class::event),
                           frame::binary("\x01\x02\x03\x04", frame_class::event)};
  queue.push(group, closing);
  queue.push({group.data(), 1}, closing);
  std::string payload;
  EXPECT_EQ(queue.take_payload(payload, 1000), 3u);
  EXPECT_EQ(payload,
            "451-[]\x1e"
            "bAQIDBA==\x1e"
            "451-[]");
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0u);
  EXPECT_EQ(queue.take_payload(payload, 1000), 0u);
}

TEST(SendQueue, a_payload_stays_within_its_limit_but_has_at_least_one_packet) {
  send_queue queue;
  for (const char* name : {"a", "b", "c"}) queue.push(group_of(name, 12), closing);
  std::string payload;
  EXPECT_EQ(queue.take_payload(payload, 5), 1u);
  EXPECT_EQ(payload, "4a........");
  payload.clear();
  EXPECT_EQ(queue.take_payload(payload, 20), 1u) << "the separator counts";
  payload.clear();
  EXPECT_EQ(queue.take_payload(payload, 21), 1u);
  EXPECT_TRUE(queue.empty());
}

TEST(SendQueue, WS02_binary_becomes_text_and_groups_stay_groups) {
  send_queue queue;
  queue.push(group_of("a", 20, 1), oldest);
  queue.convert(binary_form::base64);
  std::string payload;
  EXPECT_EQ(contents(queue), "ab");
  queue.push(group_of("c", 50), oldest);
  queue.push(group_of("d", 50), oldest);
  EXPECT_EQ(contents(queue), "cd") << "the base64 went with its text";
  queue.take_payload(payload, 1000);
  EXPECT_EQ(queue.bytes(), 0u);
}

TEST(SendQueue, what_is_unsent_can_be_dropped_but_an_interrupted_frame_stays) {
  send_queue queue;
  queue.push(group_of("a", 20), closing);
  queue.push(group_of("b", 20), closing);
  queue.push(group_of("c", 20), closing);
  queue.consume(25);
  queue.drop_unsent();
  EXPECT_EQ(contents(queue), "~");
  EXPECT_EQ(queue.bytes(), 15u);
  queue.consume(15);
  EXPECT_TRUE(queue.empty());
  queue.push(group_of("d", 20), closing);
  queue.drop_unsent();
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0u);
}

TEST(SendQueue, can_be_moved_out_of_and_used_again) {
  send_queue queue;
  queue.push(group_of("a", 20), closing);
  queue.push(group_of("b", 20), closing);
  queue.consume(5);
  send_queue taken = std::exchange(queue, send_queue{});
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.inside_frame());
  EXPECT_EQ(contents(taken), "~b");
  queue.push(group_of("c", 20), closing);
  EXPECT_EQ(contents(queue), "c");
}

TEST(SendQueue, an_idle_queue_gives_the_memory_of_a_burst_back) {
  send_queue queue;
  const queue_limits wide{1'000'000, overflow_policy::close};
  for (int i = 0; i < 10'000; ++i) queue.push(group_of("a", 3), wide);
  queue.consume(30'000);
  EXPECT_TRUE(queue.empty());
  std::array<iovec, 1> none;
  EXPECT_EQ(queue.gather(none), 0u);
}

// A plain model of the same laws: a list of groups, dropped and written from the front.
struct model {
  struct group {
    std::string name;
    std::vector<std::size_t> frames;
    frame_class kind;
    bool begun = false;
  };
  std::deque<group> groups;
  std::size_t offset = 0, dropped = 0;

  std::size_t bytes(frame_class kind) const {
    std::size_t sum = 0;
    for (const auto& each : groups) {
      if (each.kind != kind) continue;
      for (const auto size : each.frames) sum += size;
    }
    if (!groups.empty() && groups.front().kind == kind) sum -= offset;
    return sum;
  }
  std::size_t droppable() const {
    std::size_t sum = bytes(frame_class::event);
    if (groups.empty() || !groups.front().begun || groups.front().kind != frame_class::event)
      return sum;
    for (const auto size : groups.front().frames) sum -= size;
    return sum + offset;
  }
  void drop(std::size_t needed) {
    for (auto at = groups.begin(); needed > 0 && at != groups.end();) {
      if (at->kind != frame_class::event || at->begun) {
        ++at;
        continue;
      }
      std::size_t freed = 0;
      for (const auto size : at->frames) freed += size;
      needed -= std::min(needed, freed);
      at = groups.erase(at);
      ++dropped;
    }
  }
  outcome push(group made, const queue_limits& limits) {
    std::size_t size = 0;
    for (const auto each : made.frames) size += each;
    const std::size_t acks = bytes(frame_class::ack), counted = acks + bytes(frame_class::event);
    if (made.kind == frame_class::control) {
      if (bytes(frame_class::control) + size > control_bytes_max) return outcome::overflow;
    } else if (counted + size > limits.bytes_max) {
      if (limits.policy == overflow_policy::close) return outcome::overflow;
      const bool ack = made.kind == frame_class::ack;
      if (ack && acks + size > limits.bytes_max) return outcome::overflow;
      const bool keep_old = limits.policy == overflow_policy::drop_newest;
      if (!ack && (keep_old || counted - droppable() + size > limits.bytes_max)) {
        ++dropped;
        return outcome::dropped;
      }
      if (!keep_old) drop(counted + size - limits.bytes_max);
    }
    groups.push_back(std::move(made));
    return outcome::queued;
  }
  void consume(std::size_t bytes) {
    while (bytes > 0) {
      auto& first = groups.front();
      first.begun = true;
      const std::size_t step = std::min(bytes, first.frames.front() - offset);
      bytes -= step;
      offset += step;
      if (offset < first.frames.front()) return;
      offset = 0;
      first.frames.erase(first.frames.begin());
      if (first.frames.empty()) groups.pop_front();
    }
  }
  std::string contents() const {
    std::string names;
    for (const auto& each : groups) {
      for (std::size_t i = 0; i < each.frames.size(); ++i) names += each.name;
    }
    return names;
  }
};

std::string lower_contents(send_queue& queue) {
  std::vector<iovec> pieces(2000);
  pieces.resize(queue.gather(pieces));
  std::string names;
  for (const iovec& piece : pieces)
    names += static_cast<const char*>(piece.iov_base)[piece.iov_len - 1];
  return names;
}

TEST(SendQueue, behaves_like_a_plain_list_of_groups_in_every_random_order) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto upto = [&random](unsigned n) { return static_cast<std::size_t>(random() % n); };
    const queue_limits limits{200 + upto(3000), static_cast<overflow_policy>(upto(3))};
    send_queue queue;
    model expected;
    for (int i = 0; i < 400; ++i) {
      if (upto(3) != 0 || queue.empty()) {
        const std::string name(1, static_cast<char>('g' + upto(19)));  // no 'b': it would be base64
        const auto kind = upto(10) == 0  ? frame_class::control
                          : upto(4) == 0 ? frame_class::ack
                                         : frame_class::event;
        const std::size_t size = 3 + upto(120);
        std::vector<frame> group;
        model::group plain{name, {}, kind};
        for (std::size_t n = upto(4) == 0 ? upto(5) : 0, k = 0; k <= n; ++k) {
          const std::string body(size - 2, name[0]);
          group.push_back(k == 0 ? frame::text({body}, kind) : frame::binary(body, kind));
          plain.frames.push_back(group.back().size());
        }
        ASSERT_EQ(queue.push(group, limits), expected.push(std::move(plain), limits));
      } else {
        const std::size_t bytes = 1 + upto(static_cast<unsigned>(queue.bytes()));
        queue.consume(bytes);
        expected.consume(bytes);
      }
      ASSERT_EQ(lower_contents(queue), expected.contents());
      ASSERT_EQ(queue.dropped_groups(), expected.dropped);
      ASSERT_EQ(queue.bytes(), expected.bytes(frame_class::event) +
                                   expected.bytes(frame_class::ack) +
                                   expected.bytes(frame_class::control));
    }
  }
}

}  // namespace
}  // namespace socketio::engine
