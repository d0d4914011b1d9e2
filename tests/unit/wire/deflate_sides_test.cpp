// permessage-deflate with a client's end and a server's end that talk to each other through frames:
// whatever was agreed upon, each reads what the other writes, and each keeps to its own half.
#include "wire/permessage_deflate.hpp"
#include "wire/ws_client.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace socketio::wire {
namespace {

using namespace std::chrono_literals;
constexpr time_point start{1h};

class end {
 public:
  end(ws_side side, const deflate_parameters& agreed)
      : workspace(std::make_shared<deflate_workspace>(deflate_options{.threshold = 0})),
        decoder({}, std::make_unique<permessage_deflate>(workspace, agreed, side), side),
        side_(side) {}
  ~end() { decoder = ws_decoder({}); }
  end(const end&) = delete;

  std::string sent(const frame& packet) {
    const frame out = decoder.extension()->deflate(packet, start);
    if (side_ == ws_side::server) return std::string(out.wire());
    std::string bytes;
    append_masked_frame(out, 0x12345678, bytes);
    return bytes;
  }
  std::string received(std::string bytes) {
    std::span<char> buffer(bytes);
    const ws_event event = decoder.feed(buffer);
    EXPECT_EQ(event.what, ws_event::kind::message) << event.data;
    return std::string(event.data);
  }

  std::shared_ptr<deflate_workspace> workspace;
  ws_decoder decoder;

 private:
  ws_side side_;
};

std::string readable(std::uint32_t seed, std::size_t length) {
  std::mt19937 random(seed);
  std::string out;
  while (out.size() < length) out += R"({"id":)" + std::to_string(random() % 1000) + "},";
  return out;
}

TEST(DeflateSides, each_reads_what_the_other_writes_whatever_was_agreed_upon) {
  std::vector<deflate_parameters> all;
  for (const bool server : {false, true})
    for (const bool client : {false, true})
      for (const int server_bits : {9, 15})
        for (const int client_bits : {8, 9, 15})
          all.push_back({server, client, server_bits, client_bits});
  for (const auto& agreed : all) {
    end client(ws_side::client, agreed), server(ws_side::server, agreed);
    for (std::uint32_t round = 0; round < 6; ++round) {
      for (const std::size_t length : {10u, 1000u, 40'000u}) {
        const std::string text = readable(round / 2, length);
        const frame packet = frame::text({text}, frame_class::event);
        ASSERT_TRUE(server.received(client.sent(packet)) == text);
        ASSERT_TRUE(client.received(server.sent(packet)) == text);
      }
    }
  }
}

// The second of two equal messages is small exactly when the side that sent it takes over its
// context.
TEST(DeflateSides, each_keeps_to_its_own_half) {
  for (const bool server_alone : {false, true}) {
    for (const bool client_alone : {false, true}) {
      const deflate_parameters agreed{server_alone, client_alone, 15, 15};
      end client(ws_side::client, agreed), server(ws_side::server, agreed);
      const frame packet = frame::text({readable(1, 2000)}, frame_class::event);
      const std::size_t from_client = client.sent(packet).size();
      const std::size_t from_server = server.sent(packet).size();
      EXPECT_EQ(client.sent(packet).size() < from_client / 4, !client_alone);
      EXPECT_EQ(server.sent(packet).size() < from_server / 4, !server_alone);
      EXPECT_EQ(client.workspace->contexts(), client_alone ? 0u : 1u);
      EXPECT_EQ(server.workspace->contexts(), server_alone ? 0u : 1u);
    }
  }
}

// What stands further back than the window is not found again: the windows are not swapped.
TEST(DeflateSides, each_keeps_to_its_own_window) {
  std::mt19937 random(7692);
  std::string noise(2000, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  const frame packet = frame::binary(noise + noise, frame_class::event);
  const deflate_parameters small_client{true, true, 15, 9}, small_server{true, true, 9, 15};
  EXPECT_GT(end(ws_side::client, small_client).sent(packet).size(), 3900u);
  EXPECT_LT(end(ws_side::server, small_client).sent(packet).size(), 2200u);
  EXPECT_LT(end(ws_side::client, small_server).sent(packet).size(), 2200u);
  EXPECT_GT(end(ws_side::server, small_server).sent(packet).size(), 3900u);
}

// RFC 7692, 7.1.2.2: zlib cannot write with a window of 256 bytes, so that nothing is compressed.
TEST(DeflateSides, with_the_smallest_window_a_client_sends_messages_as_they_are) {
  for (const bool alone : {false, true}) {
    end client(ws_side::client, {alone, alone, 15, 8});
    const frame packet = frame::text({std::string(5000, 'x')}, frame_class::event);
    EXPECT_FALSE(client.decoder.extension()->deflate(packet, start).is_deflated());
  }
}

TEST(DeflateSides, a_client_knows_what_it_is) {
  end client(ws_side::client, {true, false, 10, 11});
  EXPECT_EQ(client.decoder.extension()->agreed().server_window_bits, 10);
  EXPECT_EQ(client.decoder.extension()->agreed().client_window_bits, 11);
}

}  // namespace
}  // namespace socketio::wire
