// Files of a folder over HTTP: what is found, what is refused, conditions and ranges. The folder is
// a real one that each test makes for itself.
#include "server/static_files.hpp"

#include "base/http_text.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace socketio::web {
namespace {

namespace fs = std::filesystem;

struct StaticFiles : testing::Test {
  StaticFiles() {
    std::string pattern = (fs::temp_directory_path() / "socketio-static-XXXXXX").string();
    base = ::mkdtemp(pattern.data());
    root = base / "root";
    fs::create_directories(root / "sub");
    write(root / "index.html", "<h1>home</h1>");
    write(root / "sub/index.html", "<h1>sub</h1>");
    write(root / "digits.txt", "0123456789");
    write(base / "secret.txt", "secret");
  }
  ~StaticFiles() override { fs::remove_all(base); }

  static void write(const fs::path& file, std::string_view text) {
    std::ofstream(file, std::ios::binary) << text;
  }

  // Asks for a path below the mount point "/".
  http_response get(std::string path, http_headers headers = {}, std::string method = "GET") {
    http_request request;
    request.method = std::move(method);
    request.target = request.path = "/" + path;
    request.headers = std::move(headers);
    return static_files(root, options).answer(request, path);
  }

  fs::path base, root;
  static_files_options options;
};

TEST_F(StaticFiles, a_file_is_served_with_its_type_and_validators) {
  const http_response answer = get("digits.txt");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.body, "0123456789");
  EXPECT_EQ(answer.headers["Content-Type"], "text/plain; charset=utf-8");
  EXPECT_EQ(answer.headers["Cache-Control"], "public, max-age=0");
  EXPECT_EQ(answer.headers["X-Content-Type-Options"], "nosniff");
  EXPECT_EQ(answer.headers["Accept-Ranges"], "bytes");
  EXPECT_TRUE(answer.headers["ETag"].starts_with('"'));
  EXPECT_TRUE(parse_http_date(answer.headers["Last-Modified"]));
}

TEST_F(StaticFiles, types_follow_the_extension) {
  EXPECT_EQ(mime_type_of("a.HTML"), "text/html; charset=utf-8");
  EXPECT_EQ(mime_type_of("a.b.mjs"), "text/javascript; charset=utf-8");
  EXPECT_EQ(mime_type_of("a.avif"), "image/avif");
  EXPECT_EQ(mime_type_of("a.zip"), "application/zip");
  EXPECT_EQ(mime_type_of("a.svg"), "image/svg+xml");
  EXPECT_EQ(mime_type_of("a.wasm"), "application/wasm");
  for (const char* name : {"a", "a.", "", "a.unknown", "a.verylongextension"}) {
    EXPECT_EQ(mime_type_of(name), "application/octet-stream") << name;
  }
}

TEST_F(StaticFiles, a_folder_is_its_index_page) {
  EXPECT_EQ(get("").body, "<h1>home</h1>");
  EXPECT_EQ(get("sub/").body, "<h1>sub</h1>");
  EXPECT_EQ(get("sub/").headers["Content-Type"], "text/html; charset=utf-8");
  fs::create_directory(root / "empty");
  EXPECT_EQ(get("empty/").status, 404u);
  EXPECT_EQ(get("empty").status, 404u);
  options.index.clear();
  EXPECT_EQ(get("sub/").status, 404u);
}

TEST_F(StaticFiles, a_folder_without_its_slash_is_a_redirect_that_keeps_the_query) {
  http_request request;
  request.method = "GET";
  request.target = "/files/sub?a=1";
  request.path = "/files/sub";
  const http_response answer = static_files(root).answer(request, "sub");
  EXPECT_EQ(answer.status, 301u);
  EXPECT_EQ(answer.headers["Location"], "/files/sub/?a=1");
}

TEST_F(StaticFiles, a_double_slash_never_becomes_a_redirect_to_another_host) {
  http_request request;
  request.method = "GET";
  request.target = request.path = "//sub";
  EXPECT_EQ(static_files(root).answer(request, "/sub").status, 404u);
}

TEST_F(StaticFiles, a_file_is_not_a_folder) { EXPECT_EQ(get("digits.txt/").status, 404u); }

TEST_F(StaticFiles, no_path_leads_out_of_the_folder) {
  const std::string nul("digits.txt\0.png", 15);
  const std::string outside = (base / "secret.txt").string();
  for (const std::string& path :
       {std::string("../secret.txt"), std::string("sub/../../secret.txt"), std::string(".."),
        std::string("sub/.."), std::string("."), std::string("./digits.txt"),
        std::string("sub//index.html"), std::string("..\\secret.txt"), std::string("c:digits.txt"),
        std::string("digits.txt\n"), outside, "/" + outside, nul, std::string("/digits.txt")}) {
    EXPECT_EQ(get(path).status, 404u) << path;
  }
}

TEST_F(StaticFiles, a_percent_sign_is_an_ordinary_character) {
  // The path comes decoded; decoding it a second time would make ".." of this.
  EXPECT_EQ(get("%2e%2e/secret.txt").status, 404u);
  write(root / "100%25.txt", "literal");
  EXPECT_EQ(get("100%25.txt").body, "literal");
}

TEST_F(StaticFiles, links_are_followed_only_within_the_folder) {
  fs::create_symlink("digits.txt", root / "inside.txt");
  fs::create_symlink("../secret.txt", root / "outside.txt");
  fs::create_directory_symlink(base, root / "up");
  fs::create_symlink("loop.txt", root / "loop.txt");
  EXPECT_EQ(get("inside.txt").body, "0123456789");
  EXPECT_EQ(get("outside.txt").status, 404u);
  EXPECT_EQ(get("up/secret.txt").status, 404u);
  EXPECT_EQ(get("up/root/digits.txt").body, "0123456789") << "it leads back in";
  EXPECT_EQ(get("loop.txt").status, 404u);
}

TEST_F(StaticFiles, a_neighbour_with_the_same_beginning_is_outside) {
  fs::create_directory(base / "root2");
  write(base / "root2/a.txt", "secret");
  fs::create_directory_symlink(base / "root2", root / "two");
  EXPECT_EQ(get("two/a.txt").status, 404u);
}

TEST_F(StaticFiles, the_index_page_may_not_lead_out_either) {
  fs::create_directory(root / "evil");
  fs::create_symlink(base / "secret.txt", root / "evil/index.html");
  EXPECT_EQ(get("evil/").status, 404u);
}

TEST_F(StaticFiles, hidden_files_do_not_exist) {
  write(root / ".env", "secret");
  fs::create_directory(root / ".git");
  write(root / ".git/config", "secret");
  EXPECT_EQ(get(".env").status, 404u);
  EXPECT_EQ(get(".git/config").status, 404u);
}

TEST_F(StaticFiles, only_regular_files_are_opened) {
  ASSERT_EQ(::mkfifo((root / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(get("pipe").status, 404u) << "and the test does not hang";
}

TEST_F(StaticFiles, names_beyond_ASCII_work) {
  write(root / "grüße 你好.txt", "hi");
  EXPECT_EQ(get("grüße 你好.txt").body, "hi");
}

TEST_F(StaticFiles, other_methods_are_refused) {
  const http_response answer = get("digits.txt", {}, "POST");
  EXPECT_EQ(answer.status, 405u);
  EXPECT_EQ(answer.headers["Allow"], "GET, HEAD");
}

TEST_F(StaticFiles, HEAD_has_the_headers_and_the_length_of_GET) {
  const http_response answer = get("digits.txt", {{"Range", "bytes=0-1"}}, "HEAD");
  EXPECT_EQ(answer.status, 200u) << "ranges are for GET only";
  EXPECT_EQ(answer.body.size(), 10u);
}

TEST_F(StaticFiles, an_unchanged_file_is_304) {
  const std::string etag(get("digits.txt").headers["ETag"]);
  for (const std::string& tags : {etag, "W/" + etag, "\"x\", " + etag, std::string("*")}) {
    const http_response answer = get("digits.txt", {{"If-None-Match", tags}});
    EXPECT_EQ(answer.status, 304u) << tags;
    EXPECT_TRUE(answer.body.empty());
    EXPECT_EQ(answer.headers["ETag"], etag);
    EXPECT_EQ(answer.headers["Cache-Control"], "public, max-age=0");
  }
  EXPECT_EQ(get("digits.txt", {{"If-None-Match", "\"x\""}}).status, 200u);
}

TEST_F(StaticFiles, a_changed_file_has_another_etag_even_within_a_second_and_with_the_same_size) {
  const std::string before(get("digits.txt").headers["ETag"]);
  fs::last_write_time(root / "digits.txt",
                      fs::last_write_time(root / "digits.txt") + std::chrono::milliseconds(1));
  EXPECT_NE(get("digits.txt").headers["ETag"], before);
}

TEST_F(StaticFiles, dates_are_asked_only_where_there_is_no_tag) {
  const std::string date(get("digits.txt").headers["Last-Modified"]);
  const std::string earlier = "Sun, 06 Nov 1994 08:49:37 GMT";
  EXPECT_EQ(get("digits.txt", {{"If-Modified-Since", date}}).status, 304u);
  EXPECT_EQ(get("digits.txt", {{"If-Modified-Since", earlier}}).status, 200u);
  EXPECT_EQ(get("digits.txt", {{"If-Modified-Since", "nonsense"}}).status, 200u);
  EXPECT_EQ(get("digits.txt", {{"If-None-Match", "\"x\""}, {"If-Modified-Since", date}}).status,
            200u);
}

TEST_F(StaticFiles, a_range_is_206_with_its_place) {
  const http_response answer = get("digits.txt", {{"Range", "bytes=2-4"}});
  EXPECT_EQ(answer.status, 206u);
  EXPECT_EQ(answer.body, "234");
  EXPECT_EQ(answer.headers["Content-Range"], "bytes 2-4/10");
  EXPECT_EQ(answer.headers["Content-Type"], "text/plain; charset=utf-8");
  EXPECT_EQ(get("digits.txt", {{"Range", "bytes=-3"}}).body, "789");
  EXPECT_EQ(get("digits.txt", {{"Range", "bytes=7-"}}).body, "789");
}

TEST_F(StaticFiles, a_range_beyond_the_end_is_416_with_the_size) {
  const http_response answer = get("digits.txt", {{"Range", "bytes=10-"}});
  EXPECT_EQ(answer.status, 416u);
  EXPECT_EQ(answer.headers["Content-Range"], "bytes */10");
  EXPECT_TRUE(answer.body.empty());
}

TEST_F(StaticFiles, several_ranges_or_nonsense_get_the_whole_file) {
  for (const char* range : {"bytes=0-1,3-4", "bytes=4-2", "lines=1-2"}) {
    const http_response answer = get("digits.txt", {{"Range", range}});
    EXPECT_EQ(answer.status, 200u) << range;
    EXPECT_EQ(answer.body, "0123456789") << range;
  }
}

TEST_F(StaticFiles, a_range_of_another_version_gets_the_whole_file) {
  const http_response now = get("digits.txt");
  const std::string etag(now.headers["ETag"]), date(now.headers["Last-Modified"]);
  const auto status = [this](std::string condition) {
    return get("digits.txt", {{"Range", "bytes=0-1"}, {"If-Range", std::move(condition)}}).status;
  };
  EXPECT_EQ(status(etag), 206u);
  EXPECT_EQ(status(date), 206u);
  EXPECT_EQ(status("\"other\""), 200u);
  EXPECT_EQ(status("W/" + etag), 200u) << "a weak tag proves nothing about bytes";
  EXPECT_EQ(status("Sun, 06 Nov 1994 08:49:37 GMT"), 200u);
}

TEST_F(StaticFiles, an_empty_file_is_served) {
  write(root / "empty.txt", "");
  EXPECT_EQ(get("empty.txt").status, 200u);
  EXPECT_EQ(get("empty.txt").body, "");
  EXPECT_EQ(get("empty.txt", {{"Range", "bytes=0-"}}).status, 416u);
}

TEST_F(StaticFiles, what_is_over_the_limit_comes_in_pieces_only) {
  options.file_bytes_max = 4;
  EXPECT_EQ(get("digits.txt").status, 500u);
  const http_response answer = get("digits.txt", {{"Range", "bytes=1-"}});
  EXPECT_EQ(answer.status, 206u);
  EXPECT_EQ(answer.body, "1234");
  EXPECT_EQ(answer.headers["Content-Range"], "bytes 1-4/10");
  options.file_bytes_max = 10;
  EXPECT_EQ(get("digits.txt").status, 200u);
}

TEST_F(StaticFiles, cache_control_is_an_option) {
  options.cache_control = "public, max-age=31536000, immutable";
  EXPECT_EQ(get("digits.txt").headers["Cache-Control"], options.cache_control);
  options.cache_control.clear();
  EXPECT_FALSE(get("digits.txt").headers.contains("Cache-Control"));
}

TEST_F(StaticFiles, a_folder_that_is_none_is_the_programmers_mistake) {
  EXPECT_THROW(static_files(base / "missing"), std::invalid_argument);
  EXPECT_THROW(static_files(root / "digits.txt"), std::invalid_argument);
  options.file_bytes_max = 0;
  EXPECT_THROW(static_files(root, options), std::invalid_argument);
}

}  // namespace
}  // namespace socketio::web
