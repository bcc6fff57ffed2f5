"""What views say, in English, in Russian, or in a language of yours; see `views.words`."""

from vtloop.views.words import phrases as phrases
