// An echo allocates nothing once a connection is warm: from the socket through all floors to the
// handler and back to the socket. The shard counts for itself, and tells the count as the answer to
// an event. Under the sanitizers frames are not pooled, and so nothing is counted.
#include "integration/running_server.hpp"
#include "support/counted_allocations.hpp"
#include "support/raw_client.hpp"

#include <gtest/gtest.h>

#include <string>

namespace socketio::test {
namespace {

class joined_client {
 public:
  explicit joined_client(std::uint16_t port) : peer_(port) {
    EXPECT_EQ(peer_.open_websocket("/socket.io/?EIO=4&transport=websocket"), 101u);
    EXPECT_EQ(peer_.read_frame().payload.front(), '0');
    peer_.send(text_frame("40"));
    EXPECT_TRUE(peer_.read_frame().payload.starts_with("40{"));
  }
  std::string ask(const std::string& question) {
    peer_.send(text_frame(question));
    return peer_.read_frame().payload;
  }
  long count() {
    const std::string answer = ask("421[\"count\"]");
    EXPECT_TRUE(answer.starts_with("431["));
    return std::stol(answer.substr(4));
  }

 private:
  raw_client peer_;
};

class Allocations : public testing::Test {
 protected:
  void SetUp() override {
    SOCKETIO_SKIP_UNLESS_COUNTED();
    running.io.on("count", [] { return allocations; });
    running.io.on("echo", [](std::string_view text) { return text; });
    running.io.on("sum", [](int a, double b) { return a + b; });
    running.io.on("push", [](socket& from, std::string_view text) { from.emit("pushed", text); });
    running.start();
  }
  // How many allocations a hundred of them take, once a hundred have been made.
  long of_a_hundred(const std::string& question, const std::string& answer) {
    joined_client client(running.io.port());
    for (int i = 0; i < 100; ++i) EXPECT_EQ(client.ask(question), answer);
    const long before = client.count();
    for (int i = 0; i < 100; ++i) EXPECT_EQ(client.ask(question), answer);
    return client.count() - before;
  }

  running_server running;
};

TEST_F(Allocations, an_echo_of_a_short_text_makes_none) {
  EXPECT_EQ(of_a_hundred(R"(427["echo","hello"])", R"(437["hello"])"), 0);
}

TEST_F(Allocations, an_echo_of_a_kilobyte_makes_none) {
  const std::string text(1024, 'x');
  EXPECT_EQ(of_a_hundred(R"(427["echo",")" + text + R"("])", R"(437[")" + text + R"("])"), 0);
}

TEST_F(Allocations, numbers_make_none) {
  EXPECT_EQ(of_a_hundred(R"(427["sum",1,2.5])", "437[3.5]"), 0);
}

TEST_F(Allocations, an_event_without_an_answer_makes_none) {
  EXPECT_EQ(of_a_hundred(R"(42["push","hello"])", R"(42["pushed","hello"])"), 0);
}

}  // namespace
}  // namespace socketio::test
