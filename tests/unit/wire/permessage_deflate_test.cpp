// permessage-deflate (RFC 7692) over frames: compressed messages in the decoder, however they are
// cut and fragmented, and the compressed forms of frames that go to one or to many.
#include "wire/permessage_deflate.hpp"

#include "wire/frame_variants.hpp"
#include "wire/ws_frame.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace socketio::wire {
namespace {

using namespace std::chrono_literals;
using event_kind = ws_event::kind;

constexpr time_point start{1h};
constexpr deflate_parameters alone{true, true, 15, 15};
constexpr deflate_parameters with_context{false, false, 15, 15};
constexpr unsigned fin = 0x80, rsv1 = 0x40, text = 1, binary = 2, continuation = 0, ping = 9;

std::string client_frame(unsigned first, std::string_view payload) {
  char header[10];
  const std::size_t length = write_ws_header(ws_opcode::text, payload.size(), header);
  header[0] = static_cast<char>(first);
  header[1] = static_cast<char>(header[1] | 0x80);
  std::string out(header, length);
  out += "\x01\x02\x03\x04";
  for (std::size_t i = 0; i < payload.size(); ++i)
    out += static_cast<char>(payload[i] ^ (1 + i % 4));
  return out;
}

std::string deflated(std::string_view plain) {
  std::string out;
  deflater(deflate_format::raw, -1, 8, 15).add_message(plain, out);
  return out;
}

struct seen {
  event_kind what;
  std::string data;
  std::uint16_t code;
  bool operator==(const seen&) const = default;
};

class peer {
 public:
  explicit peer(const deflate_parameters& agreed = alone, ws_limits limits = {},
                deflate_options options = {})
      : workspace(std::make_shared<deflate_workspace>(options)),
        decoder(limits, std::make_unique<permessage_deflate>(workspace, agreed)) {}
  permessage_deflate& extension() { return *decoder.extension(); }

  std::vector<seen> receive(const std::string& bytes, std::size_t piece = SIZE_MAX) {
    std::vector<seen> events;
    for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size() - at)) {
      kept += bytes.substr(at, piece);
      std::span<char> buffer(kept);
      while (true) {
        last = decoder.feed(buffer);
        if (last.what == event_kind::need_more) break;
        events.push_back({last.what, std::string(last.data), last.code});
        if (last.what == event_kind::failed) return events;
      }
      kept = std::string(buffer.data(), buffer.size());
    }
    return events;
  }

  std::shared_ptr<deflate_workspace> workspace;
  ws_decoder decoder;
  std::string kept;
  ws_event last;
};

seen message(std::string data) { return {event_kind::message, std::move(data), 0}; }
std::vector<seen> failed(std::string why, unsigned code) {
  return {{event_kind::failed, std::move(why), static_cast<std::uint16_t>(code)}};
}

// ---- reading

TEST(DeflatedFrames, compressed_and_other_messages_in_any_order_cut_at_every_byte) {
  const std::string hello = deflated("Hello"), long_text(3000, 'x');
  const std::string all =
      client_frame(fin | rsv1 | text, hello) + client_frame(fin | text, "plain") +
      client_frame(rsv1 | text, hello.substr(0, 2)) + client_frame(fin | ping, "p") +
      client_frame(continuation, "") + client_frame(continuation, hello.substr(2, 3)) +
      client_frame(fin | continuation, hello.substr(5)) +
      client_frame(fin | rsv1 | binary, deflated("\xff")) + client_frame(text, "a") +
      client_frame(fin | continuation, "b") + client_frame(fin | rsv1 | text, deflated("")) +
      client_frame(fin | rsv1 | text, "") + client_frame(fin | rsv1 | text, deflated(long_text));
  const std::vector<seen> expected = {
      message("Hello"), message("plain"), {event_kind::ping, "p", 0},
      message("Hello"), message("\xff"),  message("ab"),
      message(""),      message(""),      message(long_text)};
  EXPECT_EQ(peer().receive(all), expected);
  for (std::size_t piece = 1; piece < all.size(); ++piece)
    ASSERT_EQ(peer().receive(all, piece), expected) << piece;
}

TEST(DeflatedFrames, rsv1_is_wrong_everywhere_else) {
  const std::string hello = deflated("Hello");
  const auto wrong = failed("reserved bits are set", 1002);
  EXPECT_EQ(peer().receive(client_frame(fin | rsv1 | ping, "x")), wrong);
  EXPECT_EQ(peer().receive(client_frame(fin | rsv1 | 8, "")), wrong);
  EXPECT_EQ(peer().receive(client_frame(fin | rsv1 | continuation, "x")), wrong);
  EXPECT_EQ(peer().receive(client_frame(text, "a") + client_frame(fin | rsv1 | continuation, "b")),
            wrong);
  EXPECT_EQ(peer().receive(client_frame(rsv1 | text, hello) +
                           client_frame(fin | rsv1 | continuation, "")),
            wrong);
  EXPECT_EQ(peer().receive(client_frame(fin | rsv1 | 0x20 | text, hello)), wrong);
  // and with nothing agreed upon
  ws_decoder decoder({});
  std::string bytes = client_frame(fin | rsv1 | text, hello);
  std::span<char> buffer(bytes);
  const ws_event event = decoder.feed(buffer);
  EXPECT_EQ(event.code, 1002);
  EXPECT_FALSE(event.inflating);
  EXPECT_EQ(decoder.extension(), nullptr);
}

TEST(DeflatedFrames, text_is_checked_after_inflation) {
  EXPECT_EQ(peer().receive(client_frame(fin | rsv1 | text, deflated("a\xff"))),
            failed("text is not utf-8", 1007));
  const std::string euro = deflated("\xe2\x82\xac");
  EXPECT_EQ(peer().receive(client_frame(rsv1 | text, euro.substr(0, 2)) +
                           client_frame(fin | continuation, euro.substr(2))),
            std::vector{message("\xe2\x82\xac")});
}

TEST(DeflatedFrames, what_cannot_be_inflated_is_said_to_be_so) {
  peer one;
  EXPECT_EQ(one.receive(client_frame(fin | rsv1 | text, "\x07nonsense")),
            failed("the message cannot be inflated", 1007));
  EXPECT_TRUE(one.last.inflating);
  EXPECT_EQ(one.last.limit, 0u);
}

// CP-08, ER-11
TEST(DeflatedFrames, the_limit_is_one_of_the_inflated_message) {
  const ws_limits limits{.message_bytes_max = 1000, .fragments_max = 10};
  const std::string fits = deflated(std::string(1000, 'x')),
                    longer = deflated(std::string(1001, 'x'));
  EXPECT_EQ(peer(alone, limits).receive(client_frame(fin | rsv1 | text, fits)),
            std::vector{message(std::string(1000, 'x'))});
  for (const auto& agreed : {alone, with_context}) {
    peer one(agreed, limits);
    EXPECT_EQ(one.receive(client_frame(fin | rsv1 | text, longer)),
              failed("message too big", 1009));
    EXPECT_TRUE(one.last.inflating);
    EXPECT_EQ(one.last.limit, 1000u);
    EXPECT_EQ(one.last.got, 0u);
  }
  // What travels is within the limit, too, and that is seen before it has come.
  std::string head = client_frame(fin | rsv1 | text, std::string(1001, 'x'));
  head.resize(4);
  EXPECT_EQ(peer(alone, limits).receive(head), failed("message too big", 1009));
}

TEST(DeflatedFrames, a_peer_with_context_refers_to_what_it_sent) {
  peer one(with_context);
  deflater client(deflate_format::raw, -1, 8, 15);
  for (int i = 0; i < 5; ++i) {
    std::string compressed;
    client.add_message("the same message again and again", compressed);
    EXPECT_LT(compressed.size(), i == 0 ? 40u : 10u);
    EXPECT_EQ(one.receive(client_frame(fin | rsv1 | text, compressed)),
              std::vector{message("the same message again and again")});
    // Letting go what is unused does not concern it.
    one.workspace->release_unused(start + 1h);
    one.workspace->release_unused(start + 1h);
  }
  const auto& counters = one.workspace->counters();
  EXPECT_EQ(counters.received.get(), 5u);
  EXPECT_EQ(counters.received_plain_bytes.get(), 5 * 32u);
  EXPECT_LT(counters.received_bytes.get(), 80u);
}

TEST(DeflatedFrames, a_peer_without_context_leaves_nothing_behind) {
  peer one(alone);
  deflater client(deflate_format::raw, -1, 8, 15);
  std::string first, second;
  client.add_message("the same message again", first);
  client.add_message("the same message again", second);
  EXPECT_EQ(one.receive(client_frame(fin | rsv1 | text, first)).size(), 1u);
  EXPECT_EQ(one.receive(client_frame(fin | rsv1 | text, second)),
            failed("the message cannot be inflated", 1007));
}

// ---- writing

frame event_frame(std::string_view what, compression how = compression::wanted) {
  return frame::text({what}, frame_class::event, how);
}

// What a client makes of the payload of a deflated frame.
std::string read_by(inflater& client, const frame& what) {
  EXPECT_TRUE(what.is_deflated());
  std::string out;
  EXPECT_EQ(client.message(what.packet(), 1 << 20, out), inflater::outcome::complete);
  return out;
}
std::string read_alone(const frame& what) {
  inflater client(15);
  return read_by(client, what);
}

TEST(DeflatedFrames, keep_what_queues_want_to_know) {
  const std::string plain(2000, 'x');
  const frame ack = frame::text({plain}, frame_class::ack);
  const frame blob = frame::binary(plain, frame_class::event);
  peer one;
  const frame small_ack = one.extension().deflate(ack, start);
  const frame small_blob = one.extension().deflate(blob, start);
  EXPECT_EQ(static_cast<unsigned char>(small_ack.wire()[0]), fin | rsv1 | text);
  EXPECT_EQ(static_cast<unsigned char>(small_blob.wire()[0]), fin | rsv1 | binary);
  EXPECT_EQ(small_ack.kind(), frame_class::ack);
  EXPECT_FALSE(small_ack.attachment());
  EXPECT_TRUE(small_blob.attachment());
  EXPECT_FALSE(small_ack.may_be_compressed());
  EXPECT_LT(small_ack.size(), 40u);
  EXPECT_EQ(read_alone(small_ack), plain);
  EXPECT_EQ(read_alone(small_blob), plain);
  EXPECT_EQ(ack.packet(), plain);
}

// VO-05, CP-06, Q-05: also with context, where JavaScript ignores both.
TEST(DeflatedFrames, threshold_and_flag_are_honoured) {
  for (const auto& agreed : {alone, with_context}) {
    peer one(agreed);
    const frame at = event_frame(std::string(1024, 'x'));
    const frame below = event_frame(std::string(1023, 'x'));
    const frame unwanted = event_frame(std::string(1024, 'x'), compression::unwanted);
    EXPECT_TRUE(one.extension().deflate(at, start).is_deflated());
    EXPECT_EQ(one.extension().deflate(below, start).wire().data(), below.wire().data());
    EXPECT_EQ(one.extension().deflate(unwanted, start).wire().data(), unwanted.wire().data());
    EXPECT_EQ(one.workspace->counters().deflated.get(), 1u);
    EXPECT_EQ(one.workspace->counters().sent.get(), 1u);
    EXPECT_EQ(one.workspace->counters().sent_plain_bytes.get(), 1024u);
    EXPECT_LT(one.workspace->counters().sent_bytes.get(), 40u);
  }
  peer all(alone, {}, {.threshold = 0});
  EXPECT_TRUE(all.extension().deflate(event_frame(std::string(50, 'x')), start).is_deflated());
  EXPECT_FALSE(all.extension().deflate(event_frame(""), start).is_deflated());  // no smaller
  EXPECT_FALSE(all.extension().deflate(event_frame("2"), start).is_deflated());
}

TEST(DeflatedFrames, a_broadcast_is_compressed_once_for_each_window) {
  const auto workspace = std::make_shared<deflate_workspace>(deflate_options{});
  const frame shared = event_frame(std::string(5000, 'x'), compression::kept);
  EXPECT_EQ(shared.packet(), std::string(5000, 'x'));
  std::vector<std::unique_ptr<permessage_deflate>> members;
  for (int i = 0; i < 100; ++i)
    members.push_back(std::make_unique<permessage_deflate>(
        workspace, deflate_parameters{true, true, i % 2 == 0 ? 15 : 10, 15}));
  for (int i = 0; i < 100; ++i) {
    const frame got = members[i]->deflate(shared, start);
    EXPECT_EQ(read_alone(got), std::string(5000, 'x'));
    EXPECT_EQ(got.wire().data(), members[i % 2]->deflate(shared, start).wire().data());
  }
  EXPECT_EQ(workspace->counters().deflated.get(), 2u);
  EXPECT_EQ(workspace->counters().sent.get(), 200u);
  // Without room for it each has its own.
  const frame single = event_frame(std::string(5000, 'x'));
  EXPECT_NE(members[0]->deflate(single, start).wire().data(),
            members[0]->deflate(single, start).wire().data());
  EXPECT_EQ(workspace->counters().deflated.get(), 4u);
}

TEST(DeflatedFrames, a_broadcast_that_gets_no_smaller_is_tried_once) {
  const auto workspace = std::make_shared<deflate_workspace>(deflate_options{.threshold = 0});
  permessage_deflate one(workspace, alone);
  const frame shared = event_frame("4\x01\x7fq", compression::kept);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(one.deflate(shared, start).wire().data(), shared.wire().data());
  EXPECT_EQ(workspace->counters().deflated.get(), 1u);
  EXPECT_EQ(workspace->counters().sent.get(), 0u);
}

TEST(DeflatedFrames, frames_of_every_size_may_keep_their_variants) {
  peer one(alone, {}, {.threshold = 0});
  for (std::size_t length = 0; length < 2100; ++length) {
    const frame shared = event_frame(std::string(length, 'y'), compression::kept);
    ASSERT_EQ(shared.packet(), std::string(length, 'y'));
    const frame got = one.extension().deflate(shared, start);
    ASSERT_TRUE(!got.is_deflated() || read_alone(got) == std::string(length, 'y'));
  }
}

// Four shards ask at the same time.
TEST(DeflatedFrames, a_broadcast_to_several_shards_is_compressed_once) {
  for (int round = 0; round < 50; ++round) {
    const auto elsewhere = std::make_shared<deflated_messages>();
    std::atomic<int> ready{0};
    std::atomic<std::uint64_t> made{0};
    std::vector<std::thread> shards;
    for (int i = 0; i < 4; ++i) {
      shards.emplace_back([&] {
        const auto workspace = std::make_shared<deflate_workspace>(deflate_options{});
        permessage_deflate one(workspace, alone);
        const frame first = event_frame(std::string(3000, 'a'), compression::kept);
        const frame second =
            frame::binary(std::string(3000, 'b'), frame_class::event, compression::kept);
        share_variants(first, elsewhere, 0);
        share_variants(second, elsewhere, 1);
        ++ready;
        while (ready < 4) std::this_thread::yield();
        EXPECT_EQ(read_alone(one.deflate(first, start)), std::string(3000, 'a'));
        EXPECT_EQ(read_alone(one.deflate(second, start)), std::string(3000, 'b'));
        made += workspace->counters().deflated.get();
      });
    }
    for (auto& shard : shards) shard.join();
    ASSERT_EQ(made.load(), 2u);
  }
}

TEST(DeflatedFrames, a_connection_with_context_has_its_own_stream_until_it_rests) {
  const auto workspace = std::make_shared<deflate_workspace>(deflate_options{});
  auto busy = std::make_unique<permessage_deflate>(workspace, with_context);
  permessage_deflate quiet(workspace, with_context);
  EXPECT_EQ(workspace->contexts(), 0u);  // made at first use
  std::string noise;
  std::uint32_t seed = 7692;
  for (int i = 0; i < 2000; ++i) {
    seed = seed * 1'664'525 + 1'013'904'223;
    noise += static_cast<char>(33 + (seed >> 16) % 91);
  }
  const frame one = event_frame(noise, compression::kept);
  inflater client(15);
  const std::size_t first = busy->deflate(one, start).size();
  static_cast<void>(quiet.deflate(one, start));
  EXPECT_EQ(workspace->contexts(), 2u);
  EXPECT_LT(busy->deflate(one, start + 5s).size(), first / 4);  // it remembers

  EXPECT_TRUE(workspace->release_unused(start));
  EXPECT_EQ(workspace->contexts(), 1u);
  EXPECT_EQ(quiet.deflate(one, start + 6s).size(), first);  // it begins anew
  EXPECT_EQ(workspace->contexts(), 2u);
  busy.reset();
  EXPECT_EQ(workspace->contexts(), 1u);
  EXPECT_TRUE(workspace->release_unused(start + 7s));  // the shared buffers were used
  EXPECT_FALSE(workspace->release_unused(start + 7s));
  EXPECT_EQ(workspace->contexts(), 0u);
}

TEST(DeflatedFrames, what_did_not_arrive_is_not_referred_to) {
  peer one(with_context);
  const frame plain = event_frame(std::string(1024, 'q') + "and something of its own");
  inflater client(15);
  EXPECT_EQ(read_by(client, one.extension().deflate(plain, start)), plain.packet());
  static_cast<void>(one.extension().deflate(plain, start));  // dropped
  one.extension().forget_sent();
  inflater fresh(15);
  const frame next = one.extension().deflate(plain, start);
  EXPECT_EQ(read_by(fresh, next), plain.packet());
  EXPECT_EQ(read_by(client, one.extension().deflate(next.is_deflated() ? plain : next, start)),
            plain.packet());
}

}  // namespace
}  // namespace socketio::wire
