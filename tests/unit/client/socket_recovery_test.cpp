// What a socket asks for when it comes back (CR-04, CR-05, CR-11, Q-07).
#include "client_home.hpp"

namespace socketio::client_side {
namespace {

constexpr std::string_view with_pid = R"({"sid":"one","pid":"pppppppppppppppppppp"})";

// CR-04, CR-05, CR-11, Q-07
TEST(ClientSocket, CR_05_AsksForWhatItMissed) {
  client_home home;
  const auto io = home.socket("/", {.auth = value::map({{"token", 1}})});
  home.join(io, with_pid);
  EXPECT_FALSE(io.recovered());
  home.peer().says(R"(2["x","1763798400000-1"])");
  home.peer().says(R"(2["x","just a text"])");
  home.peer().says(R"(21["x","1763798400000-2"])");  // with an acknowledgement: no offset (ACK-15)
  io.on("missed", [&](rest) { home.note("missed"); });
  home.watch(io);
  home.peer().cuts();
  home.told.clear();
  home.shard->advance(500ms);
  home.peer().opens();
  EXPECT_EQ(home.peer().heard(),
            lines{R"(0{"pid":"pppppppppppppppppppp","offset":"1763798400000-1","token":1})"});
  home.peer().says(R"(2["missed","1763798400000-3"])");
  home.welcome("/", with_pid);
  EXPECT_TRUE(io.recovered());
  home.expect({"missed", "connect"});
  home.peer().cuts();
  home.shard->advance(500ms);
  home.peer().opens();
  EXPECT_NE(home.peer().heard().front().find("1763798400000-3"), std::string::npos);
  // CR-08: the server has forgotten us
  home.welcome("/", R"({"sid":"new","pid":"qqqqqqqqqqqqqqqqqqqq"})");
  EXPECT_FALSE(io.recovered());
  home.peer().cuts();
  home.shard->advance(500ms);
  home.peer().opens();
  EXPECT_EQ(home.peer().heard(), lines{R"(0{"pid":"qqqqqqqqqqqqqqqqqqqq","token":1})"});
}

// What was missed and came, but not the end of it: it is asked for again.
TEST(ClientSocket, CR_11_MissedEventsCountWhenTheyAreDelivered) {
  client_home home;
  const auto io = home.joined("/", with_pid);
  home.peer().says(R"(2["x","1763798400000-1"])");
  home.peer().cuts();
  home.shard->advance(500ms);
  home.peer().opens();
  home.peer().says(R"(2["x","1763798400000-2"])");
  home.peer().cuts();
  home.shard->advance(500ms);
  home.peer().opens();
  EXPECT_NE(home.peer().heard().front().find("1763798400000-1"), std::string::npos);
}

}  // namespace
}  // namespace socketio::client_side
