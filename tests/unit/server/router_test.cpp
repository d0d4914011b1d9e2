// Which route answers, what its handler sees, and what happens when there is none or it fails.
#include "socketio/router.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace socketio::web {
namespace {

http_request request_of(std::string method, std::string path) {
  http_request request;
  request.method = std::move(method);
  request.target = path;
  request.path = std::move(path);
  return request;
}

// A handler that says its name.
auto says(std::string what) {
  return [what](const http_request&) { return http_response::text(200, what); };
}

struct Router : testing::Test {
  // Dispatches; every route of these tests but one answers at once.
  http_response ask(std::string method, std::string path) {
    std::optional<http_response> answer;
    routes.dispatch(request_of(std::move(method), std::move(path)),
                    [&answer](http_response response) { answer = std::move(response); });
    EXPECT_TRUE(answer) << "no answer";
    return answer.value_or(http_response{});
  }
  std::string body(std::string path) { return ask("GET", std::move(path)).body; }

  router routes;
};

TEST_F(Router, literal_paths_are_compared_exactly) {
  routes.add("GET", "/", says("root"));
  routes.add("GET", "/healthz", says("health"));
  EXPECT_EQ(body("/"), "root");
  EXPECT_EQ(body("/healthz"), "health");
  for (const char* path : {"/healthz/", "/Healthz", "/health", "/healthz/x", "//", "", "healthz"}) {
    EXPECT_EQ(ask("GET", path).status, 404u) << path;
  }
}

TEST_F(Router, parameters_stand_for_one_name_that_is_not_empty) {
  routes.add("GET", "/users/:id/posts/:post", [](const http_request&, const route_parameters& at) {
    return http_response::text(200, std::string(at["id"]) + "+" + std::string(at["post"]) + "+" +
                                        std::string(at["other"]));
  });
  EXPECT_EQ(body("/users/7/posts/a b"), "7+a b+");
  for (const char* path :
       {"/users//posts/1", "/users/7/posts/", "/users/7/posts/1/2", "/users/7"}) {
    EXPECT_EQ(ask("GET", path).status, 404u) << path;
  }
}

TEST_F(Router, a_star_stands_for_everything_that_follows) {
  routes.add("GET", "/public/*", [](const http_request&, const route_parameters& at) {
    return http_response::text(200, "<" + std::string(at["*"]) + ">");
  });
  EXPECT_EQ(body("/public/css/a.css"), "<css/a.css>");
  EXPECT_EQ(body("/public/"), "<>");
  EXPECT_EQ(body("/public"), "<>");
  EXPECT_EQ(body("/public//etc/passwd"), "</etc/passwd>");
  EXPECT_EQ(ask("GET", "/publicity").status, 404u);
}

TEST_F(Router, the_most_specific_route_wins_whatever_the_order) {
  routes.add("GET", "/*", says("rest"));
  routes.add("GET", "/users/*", says("users"));
  routes.add("GET", "/users/:id", says("id"));
  routes.add("GET", "/users/me", says("me"));
  routes.add("GET", "/:what/me", says("what"));
  routes.add("GET", "/users", says("list"));
  EXPECT_EQ(body("/users/me"), "me");
  EXPECT_EQ(body("/users/7"), "id");
  EXPECT_EQ(body("/users/7/posts"), "users");
  EXPECT_EQ(body("/users/"), "users");
  EXPECT_EQ(body("/users"), "list");
  EXPECT_EQ(body("/pets/me"), "what");
  EXPECT_EQ(body("/pets/7"), "rest");
}

TEST_F(Router, parameters_are_those_of_the_route_that_answers) {
  const auto show = [](const http_request&, const route_parameters& at) {
    return http_response::text(
        200, std::string(at["a"]) + "|" + std::string(at["b"]) + "|" + std::string(at["*"]));
  };
  routes.add("GET", "/x/:a", show);
  routes.add("GET", "/:b/:a", show);
  routes.add("GET", "/*", show);
  EXPECT_EQ(body("/x/1"), "1||");
  EXPECT_EQ(body("/y/1"), "1|y|");
}

TEST_F(Router, HEAD_falls_back_to_GET_unless_it_has_a_route) {
  routes.add("GET", "/a", says("get a"));
  routes.add("GET", "/b", says("get b"));
  routes.add("HEAD", "/b", says("head b"));
  EXPECT_EQ(ask("HEAD", "/a").body, "get a");
  EXPECT_EQ(ask("HEAD", "/b").body, "head b");
}

TEST_F(Router, a_known_path_with_another_method_is_405_and_says_what_is_allowed) {
  routes.add("GET", "/users/:id", says("get"));
  routes.add("DELETE", "/users/:name", says("delete"));
  routes.add("POST", "/users/me", says("post"));
  const http_response answer = ask("PUT", "/users/me");
  EXPECT_EQ(answer.status, 405u);
  EXPECT_EQ(answer.headers["Allow"], "GET, HEAD, DELETE, POST");
  EXPECT_EQ(ask("DELETE", "/users/me").body, "delete") << "a less specific route has the method";
  EXPECT_EQ(ask("get", "/users/me").status, 405u) << "methods are case-sensitive";
}

TEST_F(Router, a_star_as_the_method_takes_what_has_no_route_of_its_own) {
  routes.add("*", "/hook", says("any"));
  routes.add("GET", "/hook", says("get"));
  EXPECT_EQ(ask("PATCH", "/hook").body, "any");
  EXPECT_EQ(ask("GET", "/hook").body, "get");
}

TEST_F(Router, it_knows_its_paths_whatever_the_method) {
  routes.add("POST", "/login", says(""));
  EXPECT_TRUE(routes.knows("/login"));
  EXPECT_FALSE(routes.knows("/logout"));
  EXPECT_FALSE(router().knows("/"));
}

TEST_F(Router, an_answer_may_come_later_and_only_the_first_counts) {
  respond_function later;
  routes.add("GET", "/slow", [&later](const http_request&, respond_function respond) {
    later = std::move(respond);
  });
  std::vector<std::string> answers;
  routes.dispatch(request_of("GET", "/slow"),
                  [&answers](http_response response) { answers.push_back(response.body); });
  EXPECT_TRUE(answers.empty());
  later(http_response::text(200, "first"));
  later(http_response::text(200, "second"));
  EXPECT_EQ(answers, std::vector<std::string>{"first"});
}

TEST_F(Router, an_exception_of_a_handler_is_answered_with_500_and_reported) {
  std::string reported;
  routes.on_exception = [&reported](const http_request& request, std::exception_ptr error) {
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& e) {
      reported = request.path + ": " + e.what();
    }
  };
  routes.add("GET", "/bad",
             [](const http_request&) -> http_response { throw std::runtime_error("out of luck"); });
  const http_response answer = ask("GET", "/bad");
  EXPECT_EQ(answer.status, 500u);
  EXPECT_EQ(answer.body.find("luck"), std::string::npos) << "the peer learns nothing about it";
  EXPECT_EQ(reported, "/bad: out of luck");
}

TEST_F(Router, an_exception_after_the_answer_does_not_answer_again) {
  routes.add("GET", "/bad", [](const http_request&, respond_function respond) {
    respond(http_response::text(200, "done"));
    throw std::runtime_error("late");
  });
  std::vector<unsigned> answers;
  routes.dispatch(request_of("GET", "/bad"),
                  [&answers](http_response response) { answers.push_back(response.status); });
  EXPECT_EQ(answers, std::vector<unsigned>{200});
}

TEST_F(Router, a_mistake_in_a_pattern_throws_at_once) {
  for (const char* pattern : {"", "users", "/a/*/b", "/a/:", "/:a/:a"}) {
    EXPECT_THROW(routes.add("GET", pattern, says("")), std::invalid_argument) << pattern;
  }
  EXPECT_THROW(routes.add("", "/", says("")), std::invalid_argument);
  routes.add("GET", "/users/:id", says(""));
  EXPECT_THROW(routes.add("GET", "/users/:name", says("")), std::invalid_argument);
  routes.add("POST", "/users/:name", says(""));
  try {
    routes.add("POST", "/users/:x", says(""));
    FAIL() << "a second route for the same paths was taken";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "route \"POST /users/:x\": there is one for the same paths already");
  }
}

}  // namespace
}  // namespace socketio::web
