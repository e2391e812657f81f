#include "login_server/image_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace talkbeat::login {
namespace {

namespace fs = std::filesystem;
using Outcome = ImageStore::Outcome;

class ImageStoreTest : public testing::Test {
 protected:
  ImageStoreTest() {
    std::string pattern = (fs::temp_directory_path() / "images_XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    directory = pattern;
    store.emplace(directory / "images", "login_server_0");
    EXPECT_TRUE(store->prepare().ok());
  }
  ~ImageStoreTest() override { fs::remove_all(directory); }

  fs::path place(const ImageName& name) const { return directory / "images" / name.path(); }
  size_t temporaries() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(directory / "images/tmp"), {}));
  }
  static void make_old(const fs::path& path, int64_t unix_seconds) {
    const timespec times[2] = {{unix_seconds, 0}, {unix_seconds, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }
  static std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  fs::path directory;
  std::optional<ImageStore> store;
};

TEST_F(ImageStoreTest, what_is_put_can_be_read) {
  const std::string content = "\x89PNG" + std::string(100'000, 'x');
  const ImageStore::Put put = store->put(content, ImageType::kPng);
  ASSERT_EQ(put.outcome, Outcome::kStored);
  EXPECT_EQ(store->size_of(put.name), content.size());
  EXPECT_EQ(store->read(put.name, 0, content.size()), content);
  EXPECT_EQ(store->read(put.name, 100'000, 100), content.substr(100'000));
  EXPECT_EQ(store->read(put.name, content.size(), 100), "");
  EXPECT_EQ(content_of(place(put.name)), content);
  EXPECT_EQ(temporaries(), 0U);
}

TEST_F(ImageStoreTest, the_same_image_twice_is_one_file_and_young_again) {
  const ImageName name = store->put("image", ImageType::kGif).name;
  make_old(place(name), 1'000);
  EXPECT_EQ(store->put("image", ImageType::kGif).outcome, Outcome::kDuplicate);
  EXPECT_EQ(store->sweep(name.bucket(), ::time(nullptr) - 100).expired, 0U);
}

TEST_F(ImageStoreTest, what_is_not_there_is_missing) {
  const ImageName name = ImageName::of("never put", ImageType::kPng);
  EXPECT_FALSE(store->size_of(name));
  EXPECT_EQ(store->read(name, 0, 10), "");
}

TEST_F(ImageStoreTest, a_file_that_was_cut_short_is_written_anew) {
  const ImageName name = store->put("whole image", ImageType::kGif).name;
  fs::resize_file(place(name), 3);
  EXPECT_EQ(store->put("whole image", ImageType::kGif).outcome, Outcome::kStored);
  EXPECT_EQ(content_of(place(name)), "whole image");
}

TEST_F(ImageStoreTest, several_threads_may_put_the_same_image) {
  const ImageStore other(directory / "images", "login_server_1");
  const std::string content(300'000, 'c');
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 5; ++k) {
        const Outcome outcome = (i % 2 == 0 ? *store : other).put(content, ImageType::kBmp).outcome;
        EXPECT_TRUE(outcome == Outcome::kStored || outcome == Outcome::kDuplicate);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store->read(ImageName::of(content, ImageType::kBmp), 0, content.size()), content);
  EXPECT_EQ(temporaries(), 0U);
}

TEST_F(ImageStoreTest, a_sweep_counts_and_removes_what_is_old) {
  const ImageName young = store->put("young", ImageType::kGif).name;
  const ImageName old = store->put("old", ImageType::kGif).name;
  make_old(place(old), 1'000);
  ImageStore::Swept all;
  for (int bucket = 0; bucket < ImageName::kBuckets; ++bucket) {
    const ImageStore::Swept swept = store->sweep(bucket, 2'000);
    all.files += swept.files;
    all.bytes += swept.bytes;
    all.expired += swept.expired;
  }
  EXPECT_EQ(all.files, 1U);
  EXPECT_EQ(all.bytes, 5U);
  EXPECT_EQ(all.expired, 1U);
  EXPECT_TRUE(store->size_of(young));
  EXPECT_FALSE(store->size_of(old));
  EXPECT_EQ(temporaries(), 0U);
}

TEST_F(ImageStoreTest, without_an_expiry_nothing_is_too_old) {
  const ImageName name = store->put("ancient", ImageType::kGif).name;
  make_old(place(name), 1);
  EXPECT_EQ(store->sweep(name.bucket(), 0).expired, 0U);
  EXPECT_TRUE(store->size_of(name));
}

TEST_F(ImageStoreTest, what_a_killed_owner_left_is_removed_at_its_next_start) {
  const fs::path mine = directory / "images/tmp/login_server_0.0123";
  const fs::path of_another = directory / "images/tmp/login_server_1.0123";
  for (const fs::path& path : {mine, of_another}) std::ofstream(path) << "half";
  EXPECT_TRUE(store->prepare().ok());
  EXPECT_FALSE(fs::exists(mine));
  EXPECT_TRUE(fs::exists(of_another)) << "is being written, perhaps";
  const int64_t now = ::time(nullptr);
  store->sweep_leftovers(now);
  EXPECT_TRUE(fs::exists(of_another));
  make_old(of_another, now - ImageStore::kLeftoverSeconds - 1);
  store->sweep_leftovers(now);
  EXPECT_FALSE(fs::exists(of_another));
}

TEST_F(ImageStoreTest, an_owners_name_leads_nowhere_else) {
  const ImageStore odd(directory / "images", "../../x");
  EXPECT_TRUE(odd.prepare().ok());
  EXPECT_EQ(odd.put("image", ImageType::kGif).outcome, Outcome::kStored);
  EXPECT_EQ(temporaries(), 0U);
}

TEST_F(ImageStoreTest, a_directory_that_cannot_be_is_an_error_that_says_which) {
  std::ofstream(directory / "file") << "x";
  const Status status = ImageStore(directory / "file/images", "a").prepare();
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.message().find("images.directory"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("file/images"), std::string::npos) << status.message();
}

TEST_F(ImageStoreTest, a_directory_that_has_gone_fails_and_leaves_nothing) {
  fs::remove_all(directory / "images");
  const ImageStore::Put put = store->put("image", ImageType::kGif);
  EXPECT_EQ(put.outcome, Outcome::kFailed);
  EXPECT_FALSE(put.error.empty());
}

// A limit on the size of files stands for a full disk.
TEST_F(ImageStoreTest, a_full_disk_is_told_and_leaves_nothing_behind) {
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const rlimit small{50'000, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const ImageStore::Put put = store->put(std::string(100'000, 'x'), ImageType::kGif);
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, before);
  EXPECT_EQ(put.outcome, Outcome::kNoSpace);
  EXPECT_FALSE(store->size_of(put.name));
  EXPECT_EQ(temporaries(), 0U);
  EXPECT_EQ(store->put(std::string(100'000, 'x'), ImageType::kGif).outcome, Outcome::kStored);
}

TEST_F(ImageStoreTest, what_others_need_of_the_disk_is_left) {
  const ImageName old = store->put("old", ImageType::kGif).name;
  const ImageStore careful(directory / "images", "login_server_0", uint64_t{1} << 50);
  const ImageStore::Put put = careful.put("new", ImageType::kGif);
  EXPECT_EQ(put.outcome, Outcome::kNoSpace);
  EXPECT_FALSE(put.error.empty());
  EXPECT_FALSE(careful.size_of(put.name));
  EXPECT_EQ(temporaries(), 0U);
  EXPECT_EQ(careful.put("old", ImageType::kGif).outcome, Outcome::kDuplicate) << "takes no room";
  EXPECT_EQ(careful.read(old, 0, 3), "old");
}

}  // namespace
}  // namespace talkbeat::login
