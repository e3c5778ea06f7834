"""The pages of a site: one function a page, values in, bytes out."""

from publisher.pages.article import article_page
from publisher.pages.home import HOME_ARTICLES, home_page
from publisher.pages.notice import not_found_page, notice_page, stylesheet

__all__ = ["HOME_ARTICLES", "article_page", "home_page", "not_found_page", "notice_page", "stylesheet"]
