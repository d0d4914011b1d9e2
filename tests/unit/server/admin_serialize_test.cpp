// What the Admin UI's page is told of sockets and times. Rows AU-03, AU-04.
#include "core/nsp_group.hpp"
#include "server/admin/serialize.hpp"
#include "socketio/admin.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace socketio::admin {
namespace {

using std::chrono::milliseconds;

TEST(AdminSerialize, DatesAreThoseOfJson) {
  const auto at = [](std::int64_t ms) {
    return iso_date(std::chrono::system_clock::time_point(milliseconds(ms)));
  };
  EXPECT_EQ(at(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(at(1'795'334'948'007), "2026-11-22T08:09:08.007Z");
  EXPECT_EQ(at(951'782'399'999), "2000-02-28T23:59:59.999Z");
  EXPECT_EQ(at(-1), "1969-12-31T23:59:59.999Z");
}

// AU-04
TEST(AdminSerialize, DataIsAnObjectWithoutWhatIsNotForPages) {
  EXPECT_EQ(serialize_data(nullptr), value(value::object()));
  const value none;
  EXPECT_EQ(serialize_data(&none), value(value::object()));
  const value list = value::list({1, 2});
  EXPECT_EQ(serialize_data(&list), list);
  const value both = value::map({{"_admin", value::map({{"clientId", "x"}})}, {"age", 7}});
  EXPECT_EQ(serialize_data(&both), value::map({{"age", 7}}));
}

// AU-04: of a socket of an official server in the same cluster.
TEST(AdminSerialize, ASocketOfAnotherServerSaysItself) {
  server io;
  remote_socket who;
  who.id = "an id";
  who.nsp = io.of("/chat").impl();
  who.rooms = {"an id", "red"};
  who.data =
      value::map({{"_admin", value::map({{"clientId", "abcdefghijkl"}, {"transport", "polling"}})},
                  {"age", 7}});
  who.handshake.address = "10.0.0.1";
  who.handshake.headers = {{"cookie", "a=1"},
                           {"cookie", "b=2"},
                           {"accept", "x"},
                           {"accept", "y"},
                           {"x-forwarded-for", "192.0.2.7"},
                           {"cf-connecting-ip", "192.0.2.8"}};
  const value told = serialize(who);
  EXPECT_EQ(told["clientId"], value("abcdefghijkl"));
  EXPECT_EQ(told["transport"], value("polling"));
  EXPECT_EQ(told["nsp"], value("/chat"));
  EXPECT_EQ(told["data"], value::map({{"age", 7}}));
  EXPECT_EQ(told["rooms"], value::list({"an id", "red"}));
  EXPECT_EQ(told["handshake"]["address"], value("192.0.2.8"));
  EXPECT_EQ(told["handshake"]["headers"]["cookie"], value("a=1; b=2"));
  EXPECT_EQ(told["handshake"]["headers"]["accept"], value("x, y"));
  EXPECT_GE(approximate_bytes(told), told.to_string().size() * 3 / 4);
}

// AU-01: what comes too late, twice, or cannot work.
TEST(AdminInstrument, RefusesWhatCannotWork) {
  {
    server io({.host = "127.0.0.1", .port = 0});
    instrument(io, {.auth = no_auth()});
    EXPECT_THROW(instrument(io, {.auth = no_auth()}), std::logic_error);
  }
  server io({.host = "127.0.0.1", .port = 0});
  EXPECT_THROW(instrument(io, {}), std::invalid_argument);
  EXPECT_THROW(instrument(io, {.namespace_name = "", .auth = no_auth()}), std::invalid_argument);
  EXPECT_THROW(instrument(io, {.auth = no_auth(), .sockets_max = 0}), std::invalid_argument);
  EXPECT_THROW(instrument(io, {.auth = no_auth(), .event_bytes_max = 1}), std::invalid_argument);
  EXPECT_THROW(instrument(io, {.auth = no_auth(), .logins_waiting_max = 0}), std::invalid_argument);
  ASSERT_FALSE(io.listen());
  EXPECT_THROW(instrument(io, {.auth = no_auth()}), std::logic_error);
}

// AU-05
TEST(AdminUi, NamesTheFolderThatIsMissing) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(testing::TempDir()) / "admin_ui";
  fs::remove_all(folder);
  fs::create_directories(folder / "ui" / "dist");
  server io;
  try {
    serve_ui(io, "/admin/", folder.string());
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find(folder.string()), std::string::npos) << error.what();
  }
  std::ofstream(folder / "ui" / "dist" / "index.html") << "the page";
  serve_ui(io, "admin", folder.string());
  http_response got;
  http_request request;
  request.method = "GET";
  request.path = request.target = "/admin/";
  const auto keep = [&](http_response answer) { got = std::move(answer); };
  io.routes().dispatch(request, keep);
  EXPECT_EQ(got.body, "the page");
  EXPECT_NE(got.headers["Content-Security-Policy"].find("frame-ancestors 'none'"),
            std::string::npos);
  request.path = request.target = "/admin";
  io.routes().dispatch(request, keep);
  EXPECT_EQ(got.status, 301u);
  EXPECT_EQ(got.headers["Location"], "/admin/");
}

}  // namespace
}  // namespace socketio::admin
