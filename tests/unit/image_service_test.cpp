// A whole login_server that keeps images: what is taken, what is refused, how it is served.
#include "login_server/image_service.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/login_server_fixture.h"

namespace talkbeat::login_server_test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string png(size_t size, char fill = 'x') {
  return "\x89PNG\r\n\x1a\n" + std::string(size - 8, fill);
}

std::string form_of(const std::string& content) {
  return "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../a.php\"\r\n"
         "Content-Type: text/html\r\n\r\n" +
         content + "\r\n--b--\r\n";
}

std::string post_of(const std::string& body, const std::string& type = "multipart/form-data; boundary=b") {
  return "POST / HTTP/1.1\r\nHost: im.example:8080\r\nConnection: close\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class ImageServiceTest : public LoginServerTest {
 protected:
  ImageServiceTest() {
    std::string pattern = (fs::temp_directory_path() / "images_XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    config_.images.directory = directory_ / "images";
    config_.images.max_size = 100'000;
    config_.images.min_free = 0;
    config_.images.max_uploads = 3;
    config_.images.max_uploads_per_address = 2;
    config_.images.chunk = 4'096;
    config_.images.upload_timeout_ms = 20'000;
    config_.client.request_timeout_ms = 5'000;
    restart();
  }
  ~ImageServiceTest() override { fs::remove_all(directory_); }

  void restart() {
    disk_.run_all();
    server_.reset();
    loop_.reset();
    start();
  }
  static json json_of(const std::string& answer) {
    return json::parse(answer.substr(std::min(answer.find("\r\n\r\n"), answer.size())), nullptr, false);
  }
  static std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }
  std::string upload(const std::string& content) { return http(post_of(form_of(content))); }
  std::string path_of(const std::string& content) { return "/" + json_of(upload(content))["path"].get<std::string>(); }
  fs::path file_of(const std::string& path) const { return directory_ / ("images" + path); }
  void expect_refused(const std::string& request, int status) {
    const std::string answer = http(request);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(status) + " "));
    const json told = json_of(answer);
    ASSERT_TRUE(told.is_object()) << answer;
    EXPECT_EQ(told["error_code"], status);
    EXPECT_NE(told["error_msg"], "");
    EXPECT_EQ(told["path"], "");
    EXPECT_EQ(told["url"], "");
  }
  // Sends the headers and the beginning of an upload.
  std::unique_ptr<Socket> begin_upload() {
    auto socket = std::make_unique<Socket>(server_->http_address());
    socket->send(post_of(form_of(png(50'000))).substr(0, 1'000));
    return socket;
  }
  bool answers(Socket& socket, const std::string& what) {
    std::string answer;
    return until([&] { return (answer += socket.receive()).find(what) != std::string::npos; });
  }
  bool refused_when_full() { return upload(png(20)).starts_with("HTTP/1.1 503"); }

  fs::path directory_;
};

TEST_F(ImageServiceTest, what_is_sent_is_served) {
  const std::string content = png(3'000);
  const std::string answer = upload(content);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"));
  EXPECT_THAT(body_of(answer), StartsWith(R"({"error_code":0,"error_msg":"","path":"g0/)"));
  const json told = json_of(answer);
  const std::string path = told["path"];
  EXPECT_THAT(path, testing::EndsWith(".png"));
  EXPECT_EQ(told["url"], "http://im.example:8080/" + path);

  const std::string served = get("/" + path);
  EXPECT_EQ(body_of(served), content);
  EXPECT_THAT(served, HasSubstr("Content-Type: image/png\r\n"));
  EXPECT_THAT(served, HasSubstr("Content-Length: 3000\r\n"));
  EXPECT_THAT(served, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(served, HasSubstr("Content-Security-Policy: default-src 'none'; sandbox\r\n"));
  EXPECT_THAT(served, HasSubstr("Cache-Control: public, max-age=31536000, immutable\r\n"));
  EXPECT_EQ(body_of(get("/" + path + "_100x100.jpg")), content);
}

TEST_F(ImageServiceTest, a_large_one_is_served_in_pieces) {
  const std::string content = png(90'000, 'l');
  const std::string path = path_of(content);
  EXPECT_EQ(body_of(get(path)), content);
  EXPECT_THAT(metrics_->render(), HasSubstr("talkbeat_image_bytes_total{direction=\"out\"} 90000\n"));
}

TEST_F(ImageServiceTest, head_and_who_has_it_already_get_no_body) {
  const std::string content = png(90'000, 'h');
  const std::string path = path_of(content);
  const std::string head = http("HEAD " + path + " HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Length: 90000\r\n"));
  EXPECT_EQ(body_of(head), "");
  const size_t tag = head.find("ETag: ") + 6;
  const std::string etag = head.substr(tag, head.find("\r\n", tag) - tag);
  const std::string again =
      http("GET " + path + " HTTP/1.1\r\nConnection: close\r\nIf-None-Match: " + etag + "\r\n\r\n");
  EXPECT_THAT(again, StartsWith("HTTP/1.1 304 Not Modified\r\n"));
  EXPECT_THAT(again, HasSubstr(etag));
  EXPECT_EQ(body_of(again), "");
}

TEST_F(ImageServiceTest, the_same_image_twice_is_one_file) {
  EXPECT_EQ(path_of(png(100)), path_of(png(100)));
  EXPECT_NE(path_of(png(100)), path_of(png(101)));
  const std::string figures = metrics_->render();
  EXPECT_THAT(figures, HasSubstr("talkbeat_image_uploads_total{result=\"stored\"} 2\n"));
  EXPECT_THAT(figures, HasSubstr("talkbeat_image_uploads_total{result=\"duplicate\"} 2\n"));
  EXPECT_THAT(figures, HasSubstr("talkbeat_images_stored 2\n"));
  EXPECT_THAT(figures, HasSubstr("talkbeat_images_stored_bytes 201\n"));
}

TEST_F(ImageServiceTest, the_prior_server_is_this_one_as_the_client_reaches_it) {
  const auto told = [this](const std::string& headers) {
    const json answer = json_of(http("GET /msg_server HTTP/1.1\r\nConnection: close\r\n" + headers + "\r\n"));
    EXPECT_EQ(answer["msfsPrior"], answer["msfsBackup"]);
    return answer["msfsPrior"].get<std::string>();
  };
  const std::string here = "http://" + server_->http_address().to_string() + "/";
  EXPECT_EQ(told(""), here);
  EXPECT_EQ(told("Host: nat.example:18080\r\n"), "http://nat.example:18080/");
  EXPECT_EQ(told("Host: [::1]:8080\r\n"), "http://[::1]:8080/");
  for (const char* odd : {"a b", "a/b", "<script>", "a\"b", "user@host"}) {
    EXPECT_EQ(told(std::string("Host: ") + odd + "\r\n"), here) << odd;
  }
  config_.images.url = "https://im.example";
  EXPECT_EQ(told("Host: 127.0.0.1:8080\r\n"), "https://im.example/");
  EXPECT_THAT(json_of(upload(png(50)))["url"].get<std::string>(), StartsWith("https://im.example/g0/"));
  config_.client.msfs_prior = config_.client.msfs_backup = "http://files.example/";
  EXPECT_EQ(told(""), "http://files.example/");
}

TEST_F(ImageServiceTest, without_a_directory_there_is_no_such_page) {
  config_.images.directory.clear();
  restart();
  EXPECT_THAT(upload(png(100)), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(get("/g0/00/x.png"), StartsWith("HTTP/1.1 404"));
  EXPECT_EQ(get_json("/msg_server")["msfsPrior"], "");
}

TEST_F(ImageServiceTest, what_is_no_upload_is_refused_in_words) {
  expect_refused(post_of(png(100), "image/png"), 415);
  expect_refused(post_of(form_of(png(100)), "multipart/form-data"), 415);
  expect_refused("POST / HTTP/1.1\r\nConnection: close\r\n\r\n", 415);
  expect_refused("POST / HTTP/1.1\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n", 400);
  expect_refused(post_of("no form"), 400);
  expect_refused(post_of(form_of(png(100)).substr(0, 150)), 400);
  expect_refused(post_of(form_of("")), 400);
  const std::string form = form_of(png(100));
  expect_refused(post_of(form.substr(0, form.size() - 7) + form.substr(0)), 400);
  expect_refused(post_of("--b\r\nContent-Disposition: form-data; name=x\r\n\r\nno file\r\n--b--"), 400);
  expect_refused(post_of(form_of("<html><script>alert(1)</script></html>")), 415);
  EXPECT_THAT(metrics_->render(), HasSubstr("talkbeat_image_uploads_total{result=\"refused\"} 10\n"));
}

TEST_F(ImageServiceTest, the_largest_fits_and_one_byte_more_does_not) {
  EXPECT_EQ(json_of(upload(png(100'000)))["error_code"], 0);
  expect_refused(post_of(form_of(png(100'001))), 413);
  // Judged by what it says, before anything of it has come.
  expect_refused(
      "POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 9999999999\r\n\r\n", 413);
}

TEST_F(ImageServiceTest, over_the_quota_there_is_no_room) {
  config_.images.max_total = 5'000;
  EXPECT_EQ(json_of(upload(png(3'000)))["error_code"], 0);
  expect_refused(post_of(form_of(png(3'000, 'y'))), 507);
  EXPECT_EQ(json_of(upload(png(500)))["error_code"], 0);
}

TEST_F(ImageServiceTest, what_others_need_of_the_disk_is_not_taken) {
  const std::string path = path_of(png(3'000));
  config_.images.min_free = uint64_t{1} << 50;
  restart();
  expect_refused(post_of(form_of(png(3'000, 'y'))), 507);
  EXPECT_THAT(get(path), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ImageServiceTest, what_is_there_at_the_start_counts) {
  upload(png(3'000));
  config_.images.max_total = 5'000;
  restart();
  ASSERT_TRUE(
      until([&] { return metrics_->render().find("talkbeat_images_stored_bytes 3000\n") != std::string::npos; }));
  expect_refused(post_of(form_of(png(3'000, 'y'))), 507);
}

TEST_F(ImageServiceTest, other_paths_and_methods_are_no_images) {
  const std::string path = path_of(png(100));
  for (const char* odd : {"/", "/g0/", "/g0/../etc/passwd", "/g0/..%2f..%2fetc/passwd", "/%2e%2e/x", "/g0/00/00.png"}) {
    EXPECT_THAT(get(odd), StartsWith("HTTP/1.1 404 ")) << odd;
  }
  for (const char* method : {"POST", "PUT", "DELETE"}) {
    EXPECT_THAT(http(std::string(method) + " " + path + " HTTP/1.1\r\nConnection: close\r\n\r\n"),
                StartsWith("HTTP/1.1 405 "));
  }
  EXPECT_THAT(http("PUT / HTTP/1.1\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  EXPECT_EQ(body_of(get(path)), png(100));
}

TEST_F(ImageServiceTest, too_many_uploads_at_once_are_told_to_come_again) {
  auto first = begin_upload();
  auto second = begin_upload();
  ASSERT_TRUE(until([&] { return refused_when_full(); }));
  const std::string answer = upload(png(20));
  EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: 2\r\n"));
  EXPECT_EQ(json_of(answer)["error_code"], 503);
  second.reset();
  EXPECT_TRUE(until([&] { return !refused_when_full(); }));
  first->send(post_of(form_of(png(50'000))).substr(1'000));
  EXPECT_TRUE(answers(*first, R"("error_code":0)"));
}

TEST_F(ImageServiceTest, an_upload_that_dribbles_loses_its_place) {
  auto slow = begin_upload();
  auto silent = begin_upload();
  ASSERT_TRUE(until([&] { return refused_when_full(); }));
  advance(config_.client.request_timeout_ms / 2);
  slow->send("x");
  advance(config_.client.request_timeout_ms / 2 + 200);
  (void)silent->receive();
  EXPECT_TRUE(silent->closed());
  for (int i = 0; i < 8; ++i) {
    slow->send("x");
    advance(2'000);
  }
  (void)slow->receive();
  EXPECT_TRUE(slow->closed());
  EXPECT_FALSE(refused_when_full());
}

TEST_F(ImageServiceTest, a_broken_disk_is_told_and_breaks_nothing_else) {
  const std::string path = path_of(png(100));
  fs::remove_all(directory_ / "images");
  expect_refused(post_of(form_of(png(200))), 500);
  EXPECT_THAT(get(path), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(metrics_->render(), HasSubstr("talkbeat_image_uploads_total{result=\"failed\"} 1\n"));
}

TEST_F(ImageServiceTest, a_directory_that_cannot_be_stops_the_start) {
  std::ofstream(directory_ / "file") << "x";
  LoginServerConfig second = config_;
  second.images.directory = directory_ / "file/images";
  Metrics metrics(clock_);
  LoginServer other(*loop_, disk_, rng_, metrics, second, key_);
  const Status status = other.start();
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr("images.directory"));
}

TEST_F(ImageServiceTest, an_image_that_goes_while_it_is_sent_ends_its_connection) {
  const std::string path = path_of(png(90'000));
  Socket socket(server_->http_address());
  socket.send("GET " + path + " HTTP/1.1\r\n\r\n");
  std::string answer;
  ASSERT_TRUE(until([&] { return (answer += socket.receive()).size() > 4'096; }));
  fs::remove(file_of(path));
  until([&] {
    answer += socket.receive();
    return socket.closed();
  });
  EXPECT_TRUE(socket.closed());
  EXPECT_LT(answer.size(), 90'000U);
}

TEST_F(ImageServiceTest, old_images_go_where_an_expiry_is_set) {
  const std::string old = path_of(png(100));
  const std::string young = path_of(png(200));
  const timespec long_ago[2] = {{1'000, 0}, {1'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, file_of(old).c_str(), long_ago, 0), 0);
  config_.images.expiry_ms = 86'400'000;
  restart();
  EXPECT_TRUE(until([&] { return get(old).starts_with("HTTP/1.1 404"); }));
  EXPECT_EQ(body_of(get(young)), png(200));
  EXPECT_TRUE(until([&] { return metrics_->render().find("talkbeat_images_expired_total 1\n") != std::string::npos; }));
}

TEST_F(ImageServiceTest, the_sweep_goes_on_round_and_round) {
  const std::string path = path_of(png(100));
  ASSERT_TRUE(until([&] { return disk_.pending() == 0; }));
  const timespec long_ago[2] = {{1'000, 0}, {1'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, file_of(path).c_str(), long_ago, 0), 0);
  config_.images.expiry_ms = 86'400'000;
  for (int i = 0; i < 6'000 && fs::exists(file_of(path)); ++i) {
    advance(500);
    disk_.run_all();
  }
  EXPECT_FALSE(fs::exists(file_of(path)));
}

TEST_F(ImageServiceTest, a_full_queue_is_busy_not_broken) {
  const std::string path = path_of(png(100));
  while (disk_.try_submit([]() -> Task { return {}; })) continue;
  Socket fetching(server_->http_address());
  fetching.send("GET " + path + " HTTP/1.1\r\nConnection: close\r\n\r\n");
  Socket sending(server_->http_address());
  sending.send(post_of(form_of(png(300))));
  std::string fetched;
  std::string sent;
  for (int i = 0; i < 200 && (fetched.empty() || sent.empty()); ++i) {
    loop_->turn(5);
    fetched += fetching.receive();
    sent += sending.receive();
  }
  EXPECT_THAT(fetched, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(sent, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(fetched, HasSubstr("Retry-After: 2\r\n"));
  disk_.run_all();
  EXPECT_EQ(body_of(get(path)), png(100));
}

}  // namespace
}  // namespace talkbeat::login_server_test
