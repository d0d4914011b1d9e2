// Where a server listens: the texts of addresses, ports that shards share and strangers do not, and
// the files of Unix-domain sockets.
#include "net/listening_socket.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace socketio::net {
namespace {

namespace fs = std::filesystem;

std::string parsed(std::string_view text) {
  const auto where = listen_address::parse(text, "127.0.0.9");
  return where ? where->text() : "none";
}

TEST(ListenAddress, has_a_text_for_every_kind) {
  EXPECT_EQ(parsed("127.0.0.1:3000"), "127.0.0.1:3000");
  EXPECT_EQ(parsed("localhost:0"), "localhost:0");
  EXPECT_EQ(parsed("[::1]:65535"), "[::1]:65535");
  EXPECT_EQ(parsed(":80"), "127.0.0.9:80");
  EXPECT_EQ(parsed("unix:/tmp/a:b"), "unix:/tmp/a:b");
}

TEST(ListenAddress, is_none_when_anything_is_missing_or_too_much) {
  for (const char* const text :
       {"", "3000", "127.0.0.1", "::1", "::1:80", "[127.0.0.1]:80", "example.org:80",
        "1.2.3.4:65536", "1.2.3.4:-1", "1.2.3.4:", "1.2.3.4: 80", "[::1]", "unix:", "[]:80"})
    EXPECT_EQ(parsed(text), "none") << text;
  EXPECT_NE(parsed("unix:" + std::string(107, 'a')), "none");
  EXPECT_EQ(parsed("unix:" + std::string(108, 'a')), "none");
}

std::error_code open(const listen_address& where, std::size_t shards,
                     std::vector<listening_socket>& out,
                     std::optional<unsigned> mode = std::nullopt) {
  return open_listening_sockets(where, shards, mode, out);
}

TEST(ListeningSocket, shards_share_a_port_and_nobody_else) {
  std::vector<listening_socket> ours, theirs;
  ASSERT_FALSE(open({"127.0.0.1", 0, {}}, 3, ours));
  ASSERT_EQ(ours.size(), 3u);
  const listen_address bound = ours.front().address();
  EXPECT_NE(bound.port, 0);
  for (const auto& one : ours) EXPECT_EQ(one.address().port, bound.port);
  EXPECT_EQ(open(bound, 1, theirs), std::errc::address_in_use);
  EXPECT_EQ(open(bound, 3, theirs), std::errc::address_in_use);
  EXPECT_TRUE(theirs.empty());
  ours.clear();
  EXPECT_FALSE(open(bound, 1, theirs));
}

TEST(ListeningSocket, what_is_no_address_is_an_error) {
  std::vector<listening_socket> none;
  EXPECT_EQ(open({"example.org", 0, {}}, 1, none), std::errc::invalid_argument);
  EXPECT_EQ(open({{}, 0, std::string(200, 'a')}, 1, none), std::errc::filename_too_long);
  EXPECT_EQ(open({{}, 0, "/no/such/folder/socket"}, 1, none), std::errc::no_such_file_or_directory);
}

// ---- Unix-domain sockets

class UnixSocket : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "socketio-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = name + "/s";
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::error_code open(std::size_t shards = 1, std::optional<unsigned> mode = std::nullopt) {
    return open_listening_sockets({.path = path_}, shards, mode, sockets_);
  }
  bool connects() const {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path_.copy(to.sun_path, sizeof to.sun_path - 1);
    const int client = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected =
        ::connect(client, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    ::close(client);
    return connected;
  }
  // As a process leaves it that was killed.
  void abandon() {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path_.copy(to.sun_path, sizeof to.sun_path - 1);
    const int dead = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::bind(dead, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    ::close(dead);
  }

  fs::path folder_;
  std::string path_;
  std::vector<listening_socket> sockets_;
};

TEST_F(UnixSocket, is_a_file_that_close_removes) {
  ASSERT_FALSE(open(3));
  EXPECT_EQ(sockets_.size(), 3u);
  EXPECT_TRUE(connects());
  sockets_.clear();
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(UnixSocket, replaces_a_file_that_nobody_listens_to) {
  abandon();
  ASSERT_TRUE(fs::exists(path_));
  ASSERT_FALSE(open());
  EXPECT_TRUE(connects());
}

TEST_F(UnixSocket, leaves_alone_what_is_alive_or_no_socket) {
  ASSERT_FALSE(open());
  std::vector<listening_socket> second;
  EXPECT_EQ(open_listening_sockets({.path = path_}, 1, std::nullopt, second),
            std::errc::address_in_use);
  EXPECT_TRUE(connects());
  sockets_.clear();

  std::ofstream(path_) << "mine";
  EXPECT_EQ(open(), std::errc::address_in_use);
  EXPECT_EQ(fs::file_size(path_), 4u);
  fs::remove(path_);
  fs::create_symlink("/nowhere", path_);
  EXPECT_EQ(open(), std::errc::address_in_use);
  EXPECT_TRUE(fs::is_symlink(path_));
}

TEST_F(UnixSocket, has_the_permissions_that_were_asked_for) {
  const mode_t before = ::umask(0);
  ASSERT_FALSE(open(1, 0640));
  struct stat file {};
  ASSERT_EQ(::lstat(path_.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0640u);
  ::umask(077);
  sockets_.clear();
  abandon();
  ASSERT_FALSE(open(1, 0666));
  ASSERT_EQ(::lstat(path_.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0666u);
  ::umask(before);
}

TEST_F(UnixSocket, close_leaves_the_file_of_whoever_came_later) {
  ASSERT_FALSE(open());
  fs::remove(path_);
  std::vector<listening_socket> later;
  ASSERT_FALSE(open_listening_sockets({.path = path_}, 1, std::nullopt, later));
  sockets_.clear();
  EXPECT_TRUE(connects());
}

}  // namespace
}  // namespace socketio::net
