// Events that are declared once, for both directions. What must not compile is in
// tests/compile_fail.
#include "unit/core/core_script.hpp"

namespace socketio::core_testing {

struct receipt {
  int id = 0;
  std::string text;
  friend bool operator==(const receipt&, const receipt&) = default;
};

namespace {

using strings = std::vector<std::string>;

inline constexpr event<"message:send", std::string, ack<receipt>> message_send;
inline constexpr event<"message:received", std::string, int> message_received;
inline constexpr event<"swap", int, std::string, ack<std::string, int>> swap_them;
inline constexpr event<"bytes", binary> bytes_event;
inline constexpr event<"ping"> plain;

TEST(Declared, SK10_handlers_take_the_declared_arguments_and_return_the_declared_answer) {
  house home;
  auto [peer, who] = home.welcome();
  who.on(message_send, [](std::string text) -> receipt { return {1, text}; });
  EXPECT_EQ(peer.asks(R"(21["message:send","hello"])"), R"(31[{"id":1,"text":"hello"}])");
  who.off(message_send.name());
  who.on(message_send, [](const socket& from, std::string_view text) -> receipt {
    return {from.connected() ? 2 : 0, std::string(text)};
  });
  EXPECT_EQ(peer.asks(R"(21["message:send","view"])"), R"(31[{"id":2,"text":"view"}])");
  who.off(message_send.name());
  who.on(message_send, [](std::string text, const ack<receipt>& answer) { answer({3, text}); });
  EXPECT_EQ(peer.asks(R"(21["message:send","ack"])"), R"(31[{"id":3,"text":"ack"}])");
  who.off(message_send.name());
  who.on(message_send, [](std::string text) -> task<receipt> { co_return receipt{4, text}; });
  EXPECT_EQ(peer.asks(R"(21["message:send","task"])"), R"(31[{"id":4,"text":"task"}])");
  who.off(message_send.name());
  who.on(message_send, [](const std::string& text) -> result<receipt> {
    if (text == "bad") return std::make_error_code(std::errc::invalid_argument);
    return receipt{5, text};
  });
  EXPECT_EQ(peer.asks(R"(21["message:send","result"])"), R"(31[{"id":5,"text":"result"}])");
  EXPECT_TRUE(peer.asks(R"(21["message:send","bad"])").starts_with(R"(31[{"error":)"));
}

TEST(Declared, several_answers_and_none) {
  house home;
  home.of().on(swap_them, [](const socket&, int a, std::string b) { return std::tuple(b, a); });
  strings calls;
  home.of().on(plain, [&] { calls.push_back("ping"); });
  home.of().on(bytes_event, [&](std::span<const std::byte> bytes) {
    calls.push_back(std::to_string(bytes.size()));
  });
  auto [peer, who] = home.welcome();
  EXPECT_EQ(peer.asks(R"(21["swap",1,"one"])"), R"(31["one",1])");
  peer.says(R"(2["ping"])")
      .says(R"(51-["bytes",{"_placeholder":true,"num":0}])")
      .says_binary("four");
  EXPECT_EQ(calls, (strings{"ping", "4"}));
}

TEST(Declared, emits_convert_to_the_declared_types) {
  house home;
  auto [peer, who] = home.welcome();
  EXPECT_TRUE(who.emit(message_received, "text", 5));
  home.of().emit(message_received, "to all", 6);
  who.timeout(1s).emit(message_received, "flagged", 7);
  home.of().to(who.id()).emit(plain);
  EXPECT_EQ(peer.all(),
            (strings{R"(2["message:received","text",5])", R"(2["message:received","to all",6])",
                     R"(2["message:received","flagged",7])", R"(2["ping"])"}));
}

TEST(Declared, an_emit_may_wait_for_the_declared_answer) {
  house home;
  auto [peer, who] = home.welcome();
  receipt got;
  who.emit(message_send, "question", [&](std::error_code, const receipt& answer) { got = answer; });
  EXPECT_EQ(peer.next(), R"(20["message:send","question"])");
  peer.says(R"(30[{"text":"answer","id":9}])");
  EXPECT_EQ(got, (receipt{9, "answer"}));
}

}  // namespace
}  // namespace socketio::core_testing
