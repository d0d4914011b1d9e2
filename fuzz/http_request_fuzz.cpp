// HTTP requests from bytes. The first byte chooses the limits and how the bytes are cut; the rest
// is what a client sends. However it is cut, the same requests are read from it: whoever could make
// two readers of one stream disagree could smuggle a request past a proxy. (What is refused may be
// refused some bytes earlier or later.)
#include "law.hpp"
#include "net/http_parser.hpp"

#include <algorithm>
#include <string>

namespace socketio {
namespace {

using fuzz::law;
using net::http_parser;

struct limits {
  std::size_t head;
  std::size_t body;
};

// One connection, as net::http_connection reads it: what is not consumed is presented again, with
// more behind it.
class reader {
 public:
  explicit reader(limits with) : limits_(with) {}

  void take(std::string_view bytes) {
    kept_.append(bytes);
    std::size_t used = 0;
    while (!failed_ && used < kept_.size()) {
      if (!parser_ && (kept_[used] == '\r' || kept_[used] == '\n')) {
        ++used;
        continue;
      }
      if (!parser_) parser_ = std::make_unique<http_parser>(limits_.head);
      const auto step = parser_->put(std::string_view(kept_).substr(used));
      law(step.consumed <= kept_.size() - used, "nobody consumes what is not there");
      used += step.consumed;
      if (!go_on(step.what)) break;
    }
    kept_.erase(0, used);
  }

  // All the requests that were read.
  const std::string& told() const { return told_; }

 private:
  bool go_on(http_parser::state what) {
    switch (what) {
      case http_parser::state::need_more: return false;
      case http_parser::state::head: return on_head();
      case http_parser::state::complete: return on_body();
      case http_parser::state::failed: return on_failed();
    }
    return false;
  }

  bool on_head() {
    http_request request;
    parser_->take_request(request);
    law(!request.method.empty(), "a request has a method");
    law(request.headers.contains("host") || request.version == 10, "a request says for whom it is");
    told_ += request.method + ' ' + request.target + ' ' + request.path +
             (request.upgrade ? " upgrade\n" : "\n");
    for (const auto& [name, value] : request.headers) {
      law(value.find_first_of("\r\n") == value.npos, "a field is one line");
      told_ += name + ": " + value + '\n';
    }
    if (!parser_->has_body()) return end_of_request();
    parser_->limit_body(limits_.body);
    return true;
  }

  bool on_body() {
    const std::string body = parser_->take_body();
    law(body.size() <= limits_.body, "the limit of a body holds");
    told_ += body;
    return end_of_request();
  }

  // What follows an upgrade, or the last request of a connection, is no request.
  bool end_of_request() {
    failed_ = !parser_->keep_alive();
    told_ += "\nend\n";
    parser_.reset();
    return !failed_;
  }

  bool on_failed() {
    const unsigned status = parser_->status();
    law(status == 400 || status == 413 || status == 431 || status == 501 || status == 505,
        "a refusal has a status that fits");
    law(status == 413 || !parser_->text().empty(), "a refusal says why");
    failed_ = true;
    return false;
  }

  const limits limits_;
  std::unique_ptr<http_parser> parser_;
  std::string kept_, told_;
  bool failed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const limits with{64u << (data[0] % 8), 16u << (data[0] / 8 % 8)};
  reader whole(with), cut(with);
  whole.take(bytes);
  const std::size_t step = 1 + data[0] / 64 * 5;
  for (std::size_t at = 0; at < bytes.size(); at += step) cut.take(bytes.substr(at, step));
  law(whole.told() == cut.told(), "it does not matter how the bytes are cut");
  return 0;
}

}  // namespace socketio
