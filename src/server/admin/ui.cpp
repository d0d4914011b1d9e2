// The page of the Admin UI, from the folder of its npm package.
#include "server/static_files.hpp"
#include "socketio/admin.hpp"

#include <filesystem>
#include <stdexcept>

namespace socketio::admin {
namespace {

namespace fs = std::filesystem;

fs::path page_in(const std::string& folder) {
  std::error_code error;
  for (const fs::path& one : {fs::path(folder), fs::path(folder) / "ui" / "dist"})
    if (fs::is_regular_file(one / "index.html", error)) return one;
  throw std::invalid_argument("serve_ui: there is no index.html in \"" + folder +
                              "\" nor in its ui/dist: name the folder of @socket.io/admin-ui, "
                              "which `npm install @socket.io/admin-ui` makes");
}

// The page may connect to any server. It brings its own scripts, and styles that scripts write;
// letters and icons come from two hosts that it names itself, and may be missing.
constexpr const char* policy =
    "default-src 'self'; connect-src http: https: ws: wss:; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline' https://fonts.googleapis.com https://cdn.jsdelivr.net; "
    "font-src https://fonts.gstatic.com https://cdn.jsdelivr.net; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

}  // namespace

void serve_ui(server& io, std::string_view prefix, const std::string& folder) {
  const auto files = std::make_shared<web::static_files>(page_in(folder));
  std::string below(prefix);
  if (!below.starts_with('/')) below.insert(0, "/");
  if (!below.ends_with('/')) below += '/';
  io.get(below + "*", [files](const http_request& request, const route_parameters& parameters) {
    http_response answer = files->answer(request, parameters["*"]);
    answer.headers.set("Content-Security-Policy", policy);
    answer.headers.set("Referrer-Policy", "no-referrer");
    return answer;
  });
  if (below == "/") return;
  io.get(below.substr(0, below.size() - 1), [below](const http_request&) {
    http_response answer = http_response::text(301, "moved to " + below + "\n");
    answer.headers.set("Location", below);
    return answer;
  });
}

}  // namespace socketio::admin
